//! A type-erased view with only the code that browsers need.
//!
//! Leptos' own `AnyView` contains more code for each type: asynchronous hydration, and rebuilding one
//! value into another. These pages never suspend while they render, and erased views change through
//! their own signals. So that code would be downloaded and never run.

use leptos::{
    prelude::*,
    tachys::{
        html::attribute::{Attribute, any_attribute::AnyAttribute},
        hydration::Cursor,
        renderer::types::{Element, Node},
        view::{Mountable, Position, PositionState, Render, RenderHtml, add_attr::AddAnyAttr},
    },
};

/// The position of the server-rendered view in the page, if there is one.
type Place<'a> = Option<(&'a Cursor, &'a PositionState)>;

/// A function that creates the view.
type Make = dyn FnOnce(Place<'_>) -> Box<dyn Mountable> + Send;

/// A view that is not created yet.
struct Erased(Box<Make>);

/// Erases the type of `view`. If `RENDERED` is false, the view is never searched for in the server-rendered page.
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

/// A view that is in the page.
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

    /// Browsers do not render HTML text.
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
