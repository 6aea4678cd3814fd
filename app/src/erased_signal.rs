//! Type-erased signals. Leptos generates several kilobytes of code for each type of signal, which
//! browsers have to load, and the pages have many types.

use std::{any::Any, marker::PhantomData, sync::Arc};

use leptos::prelude::*;

/// A value of an erased type.
type Shared = Arc<dyn Any + Send + Sync>;

fn typed<T: Send + Sync + 'static>(shared: Shared) -> Arc<T> {
    match shared.downcast() {
        Ok(value) => value,
        Err(_) => unreachable!("it holds what it was made with"),
    }
}

/// A signal of any type. Copies are the same signal.
pub(crate) struct ErasedSignal<T>(RwSignal<Shared>, PhantomData<fn() -> T>);

impl<T> Clone for ErasedSignal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ErasedSignal<T> {}

impl<T: Default + Send + Sync + 'static> Default for ErasedSignal<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Send + Sync + 'static> ErasedSignal<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(RwSignal::new(Arc::new(value)), PhantomData)
    }

    /// The value, tracked.
    pub(crate) fn read(self) -> Arc<T> {
        typed(self.0.get())
    }

    /// A copy of the value, tracked.
    pub(crate) fn get(self) -> T
    where
        T: Clone,
    {
        T::clone(&self.read())
    }

    /// The value, not tracked.
    pub(crate) fn read_untracked(self) -> Arc<T> {
        typed(self.0.get_untracked())
    }

    /// The value, not tracked; none if its page has been left.
    pub(crate) fn try_read_untracked(self) -> Option<Arc<T>> {
        self.0.try_get_untracked().map(typed)
    }

    /// Computes something from the value, tracked.
    pub(crate) fn with<R>(self, make: impl FnOnce(&T) -> R) -> R {
        make(&self.read())
    }

    /// Tracks the signal.
    pub(crate) fn track(self) {
        self.0.track();
    }

    /// Sets the value. Does nothing if the page has been left.
    pub(crate) fn set(self, value: T) {
        self.0.try_set(Arc::new(value));
    }
}

impl<T: Clone + Send + Sync + 'static> ErasedSignal<T> {
    /// Changes the value. Does nothing if the page has been left.
    pub(crate) fn update(self, change: impl FnOnce(&mut T)) {
        self.maybe_update(|value| {
            change(value);
            true
        });
    }

    /// Changes the value, and notifies readers if `change` returns true. Does nothing if the page has been left.
    pub(crate) fn maybe_update(self, change: impl FnOnce(&mut T) -> bool) {
        let mut change = Some(change);
        maybe_update(self.0, &mut |shared| {
            let Some(change) = change.take() else {
                return false;
            };
            match Arc::get_mut(shared).and_then(|value| value.downcast_mut()) {
                Some(value) => change(value),
                // A reader still holds the value.
                None => {
                    let mut value = T::clone(&typed(Arc::clone(shared)));
                    let tell = change(&mut value);
                    *shared = Arc::new(value);
                    tell
                }
            }
        });
    }
}

fn maybe_update(signal: RwSignal<Shared>, change: &mut dyn FnMut(&mut Shared) -> bool) {
    signal.try_maybe_update(|shared| (change(shared), ()));
}

/// A memo of any type: a value that is computed from signals. Readers are notified when it changes.
pub(crate) struct ErasedMemo<T>(Memo<Shared>, PhantomData<fn() -> T>);

impl<T> Clone for ErasedMemo<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ErasedMemo<T> {}

impl<T: PartialEq + Send + Sync + 'static> ErasedMemo<T> {
    pub(crate) fn new(make: impl Fn() -> T + Send + Sync + 'static) -> Self {
        let make = move || -> Shared { Arc::new(make()) };
        Self(derive(Box::new(make), differ::<T>), PhantomData)
    }

    /// The value, tracked.
    pub(crate) fn read(self) -> Arc<T> {
        typed(self.0.get())
    }

    /// A copy of the value, tracked.
    pub(crate) fn get(self) -> T
    where
        T: Clone,
    {
        T::clone(&self.read())
    }

    /// The value, not tracked; none if its page has been left.
    pub(crate) fn try_read_untracked(self) -> Option<Arc<T>> {
        self.0.try_get_untracked().map(typed)
    }

    /// Computes something from the value, tracked.
    pub(crate) fn with<R>(self, make: impl FnOnce(&T) -> R) -> R {
        make(&self.read())
    }

    /// Tracks the memo. A memo is computed on the first read.
    pub(crate) fn track(self) {
        self.0.get();
    }
}

type Make = Box<dyn Fn() -> Shared + Send + Sync>;

fn derive(make: Make, differ: fn(Option<&Shared>, Option<&Shared>) -> bool) -> Memo<Shared> {
    Memo::new_with_compare(move |_| make(), differ)
}

fn differ<T: PartialEq + Send + Sync + 'static>(a: Option<&Shared>, b: Option<&Shared>) -> bool {
    let value = |shared: Option<&Shared>| shared.cloned().map(typed::<T>);
    value(a) != value(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_changed_and_replaced() {
        let owner = Owner::new();
        owner.set();
        let value = ErasedSignal::new(vec![1]);
        value.update(|list| list.push(2));
        assert_eq!(*value.read_untracked(), [1, 2]);
        let reading = value.read_untracked();
        value.update(|list| list.push(3));
        assert_eq!(
            (reading.len(), value.read_untracked().len()),
            (2, 3),
            "who reads keeps what it has"
        );
        value.set(Vec::new());
        assert!(value.read_untracked().is_empty());
    }

    #[test]
    fn a_memo_is_computed_again_when_its_signals_change() {
        let owner = Owner::new();
        owner.set();
        let value = ErasedSignal::new(1);
        let even = ErasedMemo::new(move || value.with(|n| n % 2 == 0));
        assert_eq!(even.try_read_untracked().as_deref(), Some(&false));
        value.set(4);
        assert_eq!(even.try_read_untracked().as_deref(), Some(&true));
    }
}
