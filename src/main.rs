//! Arguments in, exit code out; everything else is in the library.

fn main() -> stayput::cli::Exit {
    stayput::cli::run(std::env::args_os())
}
