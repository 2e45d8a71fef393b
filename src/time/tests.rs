//! Tests of times, spans, offsets and calendar arithmetic.

use super::*;

fn at(text: &str) -> SimTime {
    SimTime::parse(text).unwrap()
}

#[test]
fn the_last_day_of_the_calendar_is_never() {
    for text in ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59+00:00", "9999-12-31T23:59:59-12:00"] {
        assert_eq!(SimTime::parse(text), Ok(SimTime::NEVER), "{text}");
    }
    assert!(SimTime::parse("9999-12-29T23:59:59Z").unwrap() < SimTime::NEVER);
    assert_eq!(SimTime::parse("9999-12-31T23:59:59"), Err(TimeError::NoOffset));
    assert_eq!(SimTime::parse("9999-12-32T00:00:00Z"), Err(TimeError::Malformed));
}

#[test]
fn a_time_needs_an_offset_and_whole_seconds() {
    let cases = [
        ("2026-06-01T00:00:00+08:00", Ok("2026-05-31T16:00:00Z")),
        ("2017-12-10T04:04Z", Ok("2017-12-10T04:04:00Z")),
        ("2026-06-01T00:00:00", Err(TimeError::NoOffset)),
        ("2026-06-01", Err(TimeError::NoOffset)),
        ("2026-06-01T00:00:00.5Z", Err(TimeError::Fraction)),
        ("2026-06-31T00:00:00Z", Err(TimeError::Malformed)),
        ("2026-06-01T00:00:60Z", Err(TimeError::LeapSecond)),
        ("20260601T000060+0800", Err(TimeError::LeapSecond)),
        ("2026-06-01T00:00:61Z", Err(TimeError::Malformed)),
        ("2026-06-01T00:00:00+23:59", Ok("2026-05-31T00:01:00Z")),
        ("2026-06-01T00:00:00+24:00", Err(TimeError::Offset)),
        ("2026-06-01T00:00:00-25:00", Err(TimeError::Offset)),
        ("2026-06-01T00:00:00+08:00:30", Err(TimeError::Offset)),
        ("2026-06-01T00:00:00+08:00[Asia/Shanghai]", Err(TimeError::ZoneName)),
        ("2026-06-31T00:00:00+08:00[Asia/Shanghai]", Err(TimeError::Malformed)),
        ("tomorrow", Err(TimeError::Malformed)),
        ("", Err(TimeError::Malformed)),
    ];
    for (text, expected) in cases {
        let read = SimTime::parse(text).map(|t| t.to_string());
        assert_eq!(read, expected.map(str::to_owned), "{text}");
    }
}

#[test]
fn a_leap_second_is_read_in_replies_alone() {
    let read = SimTime::parse_reply("2016-12-31T23:59:60Z").map(|t| t.to_string());
    assert_eq!(read, Ok("2016-12-31T23:59:59Z".to_owned()));
    assert_eq!(SimTime::parse_reply("2016-12-31T23:59:00+25:00"), Err(TimeError::Offset));
    assert_eq!(UtcOffset::parse("+25:00"), Err(TimeError::Malformed));
}

#[test]
fn the_short_way_to_a_time_ends_where_the_calendar_does() {
    let mut day = at("0001-01-01T00:00:00Z").0;
    let last = at("9998-12-31T00:00:00Z").0;
    while day <= last {
        let written = Timestamp::from_second(day + 86_399).unwrap().to_string();
        let read = SimTime::plain(&written).unwrap_or_else(|| at(&written));
        assert_eq!(read.0, day + 86_399, "{written}");
        day += 997 * DAY;
    }
    let mut reader = TimeReader::default();
    let mut plain = |text: &str| {
        let read = SimTime::plain(text);
        for _ in 0..2 {
            assert_eq!(reader.plain(text.as_bytes()), read, "{text}");
        }
        read.map(SimTime::seconds)
    };
    let form = "2026-05-15T16:07:59Z";
    for (at, _) in form.char_indices() {
        for byte in 0..128_u8 {
            let mut text = form.to_owned();
            text.replace_range(at..=at, char::from(byte).encode_utf8(&mut [0; 4]));
            let read = plain(&text);
            let expected = text.parse().ok().map(Timestamp::as_second);
            assert!(read.is_none() || read == expected, "{text}");
            let is_digit = byte.is_ascii_digit() && !matches!(at, 4 | 7 | 10 | 13 | 16 | 19);
            assert!(read.is_none() || is_digit || text == form, "{text}");
            assert_eq!(plain(&text[..at]), None);
        }
    }
    assert_eq!(plain("1970-01-01T00:00:00Z"), Some(0));
    assert_eq!(plain("2000-03-01T00:00:00Z"), Some(951_868_800));
    assert_eq!(plain("2026-05-31T16:00:00Z"), Some(1_780_243_200));
    for text in ["2026-02-29T00:00:00Z", "2026-06-31T00:00:00Z", "2026-06-01T24:00:00Z"] {
        assert_eq!((plain(text), SimTime::parse(text)), (None, Err(TimeError::Malformed)));
    }
    assert_eq!(plain("2024-02-29T00:00:00Z"), None, "a leap day needs the calendar");
    assert!(SimTime::parse("2024-02-29T00:00:00Z").is_ok());
}

#[test]
fn a_duration_needs_units_from_large_to_small() {
    let cases = [
        ("1d12h", Ok(129_600)),
        ("30m", Ok(1_800)),
        ("1d0h0m1s", Ok(86_401)),
        ("0s", Ok(0)),
        ("16", Err(TimeError::NoUnit)),
        ("1d12", Err(TimeError::NoUnit)),
        ("12h1d", Err(TimeError::Malformed)),
        ("1h1h", Err(TimeError::Malformed)),
        ("3mo", Err(TimeError::Malformed)),
        ("-5m", Err(TimeError::Malformed)),
        ("", Err(TimeError::Malformed)),
        ("9999999999999999999d", Err(TimeError::OutOfRange)),
        ("400000d", Err(TimeError::OutOfRange)),
    ];
    for (text, expected) in cases {
        assert_eq!(SimSpan::parse(text).map(SimSpan::seconds), expected, "{text}");
    }
}

#[test]
fn a_printed_duration_reads_back() {
    for seconds in [0, 1, 59, 60, 3_661, 86_400, 129_600, 31_536_000] {
        let span = SimSpan::from_seconds(seconds);
        assert_eq!(SimSpan::parse(&span.to_string()), Ok(span));
    }
}

#[test]
fn days_and_months_are_counted_at_the_providers_offset() {
    let china = UtcOffset::parse("+08:00").unwrap();
    assert_eq!(china.to_string(), "+08:00");
    assert_eq!(UtcOffset::parse("-03:30").unwrap().to_string(), "-03:30");
    assert_eq!(UtcOffset::parse("Z"), Ok(UtcOffset::default()));
    assert_eq!(UtcOffset::parse("8"), Err(TimeError::Malformed));
    assert_eq!(at("2026-06-01T03:00:00+08:00").day_start(china), at("2026-05-31T16:00:00Z"));
    let month = CalendarSpan::parse("1mo").unwrap();
    let end = at("2026-01-31T00:00:00+08:00").after_on_calendar(month, china);
    assert_eq!(end, at("2026-02-28T00:00:00+08:00"));
    let years = CalendarSpan::parse("3y").unwrap();
    assert_eq!(
        at("2024-02-29T10:00:00Z").after_on_calendar(years, UtcOffset::default()),
        at("2027-02-28T10:00:00Z")
    );
    assert_eq!((month.to_string(), years.to_string()), ("1mo".into(), "3y".into()));
    let start = at("2026-01-31T00:00:00+08:00");
    for (hours, later) in [(-1, false), (0, false), (1, true), (9_999, true)] {
        let then = SimTime(end.0 + hours * 3_600);
        assert_eq!(then.is_later_than(start, month, china), later, "{hours}");
    }
}

#[test]
fn a_count_of_months_with_too_many_digits_is_out_of_range() {
    for (text, expected) in [
        ("99999999999mo", TimeError::OutOfRange),
        ("99999999999y", TimeError::OutOfRange),
        ("1001y", TimeError::OutOfRange),
        ("mo", TimeError::Malformed),
        ("1d2mo", TimeError::Malformed),
    ] {
        assert_eq!(CalendarSpan::parse(text), Err(expected), "{text}");
    }
}

#[test]
fn an_api_version_is_a_date_with_or_without_a_suffix() {
    for text in ["2019-03-01", "2019-03-01-preview"] {
        assert_eq!(ApiVersion::parse(text).unwrap().to_string(), "2019-03-01");
    }
    for text in ["2019-03-01xyz", "2019-03-01-", "2019-03-011", "2019-3-1", "2019-03-0é", ""] {
        assert_eq!(ApiVersion::parse(text), None, "{text}");
    }
}

#[test]
fn seconds_are_cut_off_and_never_rounded_up() {
    let minute = SimSpan::parse("1m").unwrap();
    assert_eq!(at("2026-06-02T02:00:59Z").floor_to(minute), at("2026-06-02T02:00:00Z"));
    assert_eq!(at("1969-12-31T23:59:30Z").floor_to(minute), at("1969-12-31T23:59:00Z"));
}
