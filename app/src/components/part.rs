//! Views at the seams between parts. The compiler writes code for each type of view, and browsers
//! have to load it; so what differs only in its types is given the same ones here.

use leptos::{
    ev::MouseEvent,
    prelude::*,
    tachys::{
        html::attribute::{Attribute, any_attribute::AnyAttribute},
        hydration::Cursor,
        ssr::StreamBuilder,
        view::{Mountable, Position, PositionState, Render, RenderHtml, add_attr::AddAnyAttr},
    },
};
use std::sync::Arc;

/// A handler of clicks.
pub(crate) type Press = Box<dyn FnMut(MouseEvent)>;

/// What a button does.
pub(crate) fn press(act: impl Fn() + 'static) -> Press {
    Box::new(move |_| act())
}

/// A text that changes.
pub(crate) fn text(text: impl Fn() -> String + Send + Sync + 'static) -> Signal<String> {
    Signal::derive(text)
}

/// A text that may be missing, as one that needs room only when it is there.
pub(crate) fn note(
    text: impl Fn() -> Option<String> + Send + Sync + 'static,
) -> Signal<Option<String>> {
    Signal::derive(text)
}

/// One of a few words, for an attribute.
pub(crate) fn word(
    word: impl Fn() -> &'static str + Send + Sync + 'static,
) -> Signal<&'static str> {
    Signal::derive(word)
}

/// `"true"` or `"false"`, as the attributes of ARIA want it.
pub(crate) fn aria(holds: impl Fn() -> bool + Send + Sync + 'static) -> Signal<&'static str> {
    Signal::derive(move || if holds() { "true" } else { "false" })
}

/// A view that is there while something holds.
pub(crate) fn when(
    holds: impl Fn() -> bool + Send + Sync + 'static,
    view: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    choose(Arc::new(holds), Arc::new(view), Arc::new(|| ().into_any()))
}

/// One view while something holds, and another while it does not.
pub(crate) fn either(
    holds: impl Fn() -> bool + Send + Sync + 'static,
    view: impl Fn() -> AnyView + Send + Sync + 'static,
    other: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    choose(Arc::new(holds), Arc::new(view), Arc::new(other))
}

type Condition = Arc<dyn Fn() -> bool + Send + Sync>;
type View = Arc<dyn Fn() -> AnyView + Send + Sync>;

fn choose(holds: Condition, view: View, other: View) -> AnyView {
    let holds = Memo::new(move |_| holds());
    let chosen = move || match holds.get() {
        true => view(),
        false => other(),
    };
    chosen.into_any()
}

/// One entry of a list: what makes it the same entry as before, and how it looks.
pub(crate) struct Entry {
    key: String,
    view: View,
}

impl Entry {
    pub(crate) fn new(
        key: impl ToString,
        view: impl Fn() -> AnyView + Send + Sync + 'static,
    ) -> Self {
        Self {
            key: key.to_string(),
            view: Arc::new(view),
        }
    }
}

/// Entries that come, go and change places; who stays is not touched.
pub(crate) fn list(entries: impl Fn() -> Vec<Entry> + Send + Sync + 'static) -> AnyView {
    let entries: Arc<dyn Fn() -> Vec<Entry> + Send + Sync> = Arc::new(entries);
    let each = move || entries();
    let key = |entry: &Entry| entry.key.clone();
    let children = |entry: Entry| (entry.view)();
    view! { <For each key children /> }.into_any()
}

/// A view as one that looks like any other from outside.
pub(crate) trait IntoPart {
    /// A part of a page that the server renders too.
    fn part(self) -> AnyView;

    /// A part that only browsers make, out of what they have loaded.
    fn fresh(self) -> AnyView;
}

impl<V: RenderHtml> IntoPart for V {
    fn part(self) -> AnyView {
        Part::<V, true>(self).into_any()
    }

    fn fresh(self) -> AnyView {
        Part::<V, false>(self).into_any()
    }
}

/// A view that is hydrated in one go, if at all, and made anew where it would be rebuilt. Nothing here
/// waits while it renders, and what changes in a part changes by its own signals, so the code for
/// either would never run.
struct Part<V, const RENDERED: bool>(V);

impl<V: RenderHtml, const RENDERED: bool> Render for Part<V, RENDERED> {
    type State = V::State;

    fn build(self) -> Self::State {
        self.0.build()
    }

    fn rebuild(self, state: &mut Self::State) {
        let mut new = self.0.build();
        state.insert_before_this(&mut new);
        state.unmount();
        *state = new;
    }
}

impl<V: RenderHtml, const RENDERED: bool> AddAnyAttr for Part<V, RENDERED> {
    type Output<NewAttr: Attribute> = Self;

    fn add_any_attr<NewAttr: Attribute>(self, _: NewAttr) -> Self::Output<NewAttr> {
        self
    }
}

impl<V: RenderHtml, const RENDERED: bool> RenderHtml for Part<V, RENDERED> {
    type AsyncOutput = V::AsyncOutput;
    type Owned = Part<V::Owned, RENDERED>;

    const MIN_LENGTH: usize = V::MIN_LENGTH;
    const EXISTS: bool = V::EXISTS;

    fn dry_resolve(&mut self) {
        self.0.dry_resolve();
    }

    async fn resolve(self) -> Self::AsyncOutput {
        self.0.resolve().await
    }

    fn html_len(&self) -> usize {
        self.0.html_len()
    }

    fn to_html_with_buf(
        self,
        buf: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        self.0
            .to_html_with_buf(buf, position, escape, mark_branches, extra_attrs);
    }

    fn to_html_async_with_buf<const OUT_OF_ORDER: bool>(
        self,
        buf: &mut StreamBuilder,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        self.0.to_html_async_with_buf::<OUT_OF_ORDER>(
            buf,
            position,
            escape,
            mark_branches,
            extra_attrs,
        );
    }

    fn hydrate<const FROM_SERVER: bool>(
        self,
        cursor: &Cursor,
        position: &PositionState,
    ) -> Self::State {
        match RENDERED {
            true => self.0.hydrate::<FROM_SERVER>(cursor, position),
            false => self.0.build(),
        }
    }

    fn into_owned(self) -> Self::Owned {
        Part(self.0.into_owned())
    }
}
