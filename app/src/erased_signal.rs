//! Signals of values of any type, out of the code for one type: what Leptos writes for each type of
//! signal is some kilobytes that browsers have to load, and the pages hold many types.

use std::{any::Any, marker::PhantomData, sync::Arc};

use leptos::prelude::*;

/// A value of a type that only who reads it knows.
type Shared = Arc<dyn Any + Send + Sync>;

fn typed<T: Send + Sync + 'static>(shared: Shared) -> Arc<T> {
    match shared.downcast() {
        Ok(value) => value,
        Err(_) => unreachable!("it holds what it was made with"),
    }
}

/// A value that changes, and tells who reads it. Copies are the same.
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

    /// The value; whoever asks is told when it changes.
    pub(crate) fn read(self) -> Arc<T> {
        typed(self.0.get())
    }

    /// The same, as a copy.
    pub(crate) fn get(self) -> T
    where
        T: Clone,
    {
        T::clone(&self.read())
    }

    /// The value, for this once.
    pub(crate) fn read_untracked(self) -> Arc<T> {
        typed(self.0.get_untracked())
    }

    /// The value for this once, unless its page has gone.
    pub(crate) fn try_read_untracked(self) -> Option<Arc<T>> {
        self.0.try_get_untracked().map(typed)
    }

    /// What is made of the value.
    pub(crate) fn with<R>(self, make: impl FnOnce(&T) -> R) -> R {
        make(&self.read())
    }

    /// Is told when it changes.
    pub(crate) fn track(self) {
        self.0.track();
    }

    /// Another value. Nothing happens when the page has gone.
    pub(crate) fn set(self, value: T) {
        self.0.try_set(Arc::new(value));
    }
}

impl<T: Clone + Send + Sync + 'static> ErasedSignal<T> {
    /// Changes the value, unless the page has gone.
    pub(crate) fn update(self, change: impl FnOnce(&mut T)) {
        self.maybe_update(|value| {
            change(value);
            true
        });
    }

    /// Changes the value, unless the page has gone; those who read it are told if `change` says so.
    pub(crate) fn maybe_update(self, change: impl FnOnce(&mut T) -> bool) {
        let mut change = Some(change);
        maybe_update(self.0, &mut |shared| {
            let Some(change) = change.take() else {
                return false;
            };
            match Arc::get_mut(shared).and_then(|value| value.downcast_mut()) {
                Some(value) => change(value),
                // Somebody is reading it.
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

/// A value that is made of others, and tells who reads it when it has become another.
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

    /// The value; whoever asks is told when it changes.
    pub(crate) fn read(self) -> Arc<T> {
        typed(self.0.get())
    }

    /// The same, as a copy.
    pub(crate) fn get(self) -> T
    where
        T: Clone,
    {
        T::clone(&self.read())
    }

    /// The value for this once, unless its page has gone.
    pub(crate) fn try_read_untracked(self) -> Option<Arc<T>> {
        self.0.try_get_untracked().map(typed)
    }

    /// What is made of the value.
    pub(crate) fn with<R>(self, make: impl FnOnce(&T) -> R) -> R {
        make(&self.read())
    }

    /// Is told when it changes. What was never read is never made, and so does not change.
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
        let held = ErasedSignal::new(vec![1]);
        held.update(|list| list.push(2));
        assert_eq!(*held.read_untracked(), [1, 2]);
        let reading = held.read_untracked();
        held.update(|list| list.push(3));
        assert_eq!(
            (reading.len(), held.read_untracked().len()),
            (2, 3),
            "who reads keeps what it has"
        );
        held.set(Vec::new());
        assert!(held.read_untracked().is_empty());
    }

    #[test]
    fn what_is_made_of_others_is_made_anew_when_they_change() {
        let owner = Owner::new();
        owner.set();
        let held = ErasedSignal::new(1);
        let even = ErasedMemo::new(move || held.with(|n| n % 2 == 0));
        assert_eq!(even.try_read_untracked().as_deref(), Some(&false));
        held.set(4);
        assert_eq!(even.try_read_untracked().as_deref(), Some(&true));
    }
}
