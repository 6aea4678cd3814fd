//! A keyed list in the page. Leptos' own one moves all items when several are added before them; then the browser lays out all of
//! them again. This one moves as few as possible.

use leptos::{
    prelude::*,
    tachys::{
        hydration::Cursor,
        reactive_graph::OwnedView,
        renderer::{
            Rndr,
            types::{Element, Node, Placeholder},
        },
        view::{Mountable, Position, PositionState, Render, RenderHtml},
    },
};

use super::{
    ListItem,
    moves::{places, staying},
};
use crate::components::browser_view::BrowserView;

/// The items that a list has now.
pub(super) struct InPlace {
    items: Vec<ListItem>,
    /// Signals of an item live as long as it does, and not only until the list changes.
    owner: Option<Owner>,
}

/// The owner of all items of a list that is made now.
pub(super) fn owner_of_items() -> Option<Owner> {
    Owner::current()
}

impl InPlace {
    pub(super) fn new(items: Vec<ListItem>, owner: Option<Owner>) -> Self {
        Self { items, owner }
    }

    fn view(&self, item: &ListItem) -> OwnedView<AnyView> {
        let owner = match &self.owner {
            Some(owner) => owner.with(Owner::new),
            None => Owner::new(),
        };
        let view = owner.with(|| (item.view)());
        OwnedView::new_with_owner(view, owner)
    }

    /// Makes all views, and then puts each one into the page.
    fn state(
        self,
        place: impl FnMut(OwnedView<AnyView>) -> Shown,
        marker: impl FnOnce() -> Placeholder,
    ) -> InPage {
        let views: Vec<_> = self.items.iter().map(|item| self.view(item)).collect();
        let shown = views.into_iter().map(place);
        let keys = self.items.iter().map(|item| item.key.clone());
        InPage {
            items: keys.zip(shown).collect(),
            end: marker(),
        }
    }
}

/// The view of an item in the page.
type Shown = <OwnedView<AnyView> as Render>::State;

/// A list in the page: its items with their keys, and what is after the last one.
pub(super) struct InPage {
    items: Vec<(String, Shown)>,
    end: Placeholder,
}

impl BrowserView for InPlace {
    type Shown = InPage;

    fn build(self) -> InPage {
        self.state(Render::build, Rndr::create_placeholder)
    }

    fn rebuild(self, shown: &mut InPage) {
        let old: Vec<&str> = shown.items.iter().map(|(key, _)| key.as_str()).collect();
        let new: Vec<&str> = self.items.iter().map(|item| item.key.as_str()).collect();
        let places = places(&old, &new);
        let stays = staying(&places);
        let old = std::mem::take(&mut shown.items);
        let mut old: Vec<_> = old.into_iter().map(Some).collect();
        let item = |(item, place): (&ListItem, &Option<usize>)| {
            let known = place.and_then(|place| old.get_mut(place)?.take());
            known.unwrap_or_else(|| (item.key.clone(), self.view(item).build()))
        };
        shown.items = self.items.iter().zip(&places).map(item).collect();
        for (_, mut gone) in old.into_iter().flatten() {
            gone.unmount();
        }
        // From the end, so that what comes after an item is where it should be.
        for n in (0..shown.items.len()).rev() {
            if stays[n] {
                continue;
            }
            let (before, after) = shown.items.split_at_mut(n + 1);
            let Some((_, item)) = before.last_mut() else {
                continue;
            };
            match after.first() {
                Some((_, next)) => next.insert_before_this(item),
                None => shown.end.insert_before_this(item),
            };
        }
    }
    fn hydrate(self, cursor: &Cursor, position: &PositionState) -> InPage {
        let state = self.state(
            |view| view.hydrate::<true>(cursor, position),
            || cursor.next_placeholder(position),
        );
        position.set(Position::NextChild);
        state
    }
}

impl Mountable for InPage {
    fn unmount(&mut self) {
        self.items.iter_mut().for_each(|(_, item)| item.unmount());
        self.end.unmount();
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        for (_, item) in &mut self.items {
            item.mount(parent, marker);
        }
        self.end.mount(parent, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        match self.items.first() {
            Some((_, first)) => first.insert_before_this(child),
            None => self.end.insert_before_this(child),
        }
    }

    fn elements(&self) -> Vec<Element> {
        self.items
            .iter()
            .flat_map(|(_, item)| item.elements())
            .collect()
    }
}
