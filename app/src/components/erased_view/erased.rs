//! A view of which only what browsers need is kept, whatever its type.
//!
//! Leptos' own `AnyView` keeps more for each type: how to hydrate it bit by bit while data comes in,
//! and how to turn one value of the type into another. Nothing in these pages waits while it renders,
//! and what changes in a part changes by its own signals, so that code would be loaded and never run.

use leptos::{
    prelude::*,
    tachys::{
        html::attribute::{Attribute, any_attribute::AnyAttribute},
        hydration::Cursor,
        renderer::types::{Element, Node},
        view::{Mountable, Position, PositionState, Render, RenderHtml, add_attr::AddAnyAttr},
    },
};

/// Where the server has put the view, if it has.
type Place<'a> = Option<(&'a Cursor, &'a PositionState)>;

/// How to make the view.
type Make = dyn FnOnce(Place<'_>) -> Box<dyn Mountable> + Send;

/// A view that is still to be made.
struct Erased(Box<Make>);

/// `view` as any other. When the server has not `RENDERED` it, it is never looked for in the page.
pub(super) fn erase<V: RenderHtml + 'static, const RENDERED: bool>(view: V) -> AnyView {
    const { assert!(V::EXISTS, "a part has something to show") };
    let make = move |place: Place<'_>| -> Box<dyn Mountable> {
        match place {
            Some((cursor, position)) if RENDERED => {
                Box::new(view.hydrate::<true>(cursor, position))
            }
            _ => Box::new(view.build()),
        }
    };
    Erased(Box::new(make)).into_any()
}

/// The view in the page.
struct Made(Box<dyn Mountable>);

impl Render for Erased {
    type State = Made;

    fn build(self) -> Made {
        Made((self.0)(None))
    }

    fn rebuild(self, state: &mut Made) {
        let mut new = self.build();
        state.insert_before_this(&mut new);
        state.unmount();
        *state = new;
    }
}

impl Mountable for Made {
    fn unmount(&mut self) {
        self.0.unmount();
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        self.0.mount(parent, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.0.insert_before_this(child)
    }

    fn elements(&self) -> Vec<Element> {
        self.0.elements()
    }
}

impl AddAnyAttr for Erased {
    type Output<NewAttr: Attribute> = Self;

    fn add_any_attr<NewAttr: Attribute>(self, _: NewAttr) -> Self::Output<NewAttr> {
        self
    }
}

impl RenderHtml for Erased {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    /// Browsers make elements, not HTML.
    fn to_html_with_buf(
        self,
        _: &mut String,
        _: &mut Position,
        _: bool,
        _: bool,
        _: Vec<AnyAttribute>,
    ) {
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Made {
        Made((self.0)(Some((cursor, position))))
    }

    fn into_owned(self) -> Self {
        self
    }
}
