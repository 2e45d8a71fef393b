//! Boxes that are used again, so that a step takes no memory.

/// Most boxes that are kept. A request with more decisions takes memory for the others.
const MOST: usize = 1_024;

/// Boxes for values of one type.
#[derive(Debug)]
pub(super) struct Pool<T>(Vec<Box<T>>);

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// A copy has no boxes yet.
impl<T> Clone for Pool<T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<T> Pool<T> {
    /// The value in a box.
    #[inline] // the value is made in the box
    pub(super) fn boxed(&mut self, value: T) -> Box<T> {
        match self.0.pop() {
            Some(mut unused) => {
                *unused = value;
                unused
            }
            None => Box::new(value),
        }
    }

    /// Keeps a box for another value.
    pub(super) fn keep(&mut self, unused: Box<T>) {
        if self.0.len() < MOST {
            self.0.push(unused);
        }
    }
}
