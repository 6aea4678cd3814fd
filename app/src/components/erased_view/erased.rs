//! A type-erased view with only the code that browsers need.
//!
//! Leptos' own `AnyView` contains more code for each type: asynchronous hydration, and rebuilding one
//! value into another. These pages never suspend while they render, and erased views change through
//! their own signals. So that code would be downloaded and never run.

use leptos::{
    prelude::*,
    tachys::{
        hydration::Cursor,
        renderer::types::{Element, Node},
        view::{Mountable, PositionState, RenderHtml},
    },
};

use crate::components::browser_view::{BrowserView, InBrowser};

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
    InBrowser(Erased(Box::new(make))).into_any()
}

/// A view that is in the page.
struct Made(Box<dyn Mountable>);

impl BrowserView for Erased {
    type Shown = Made;

    fn build(self) -> Made {
        Made((self.0)(None))
    }

    fn rebuild(self, shown: &mut Made) {
        let mut new = self.build();
        shown.insert_before_this(&mut new);
        shown.unmount();
        *shown = new;
    }

    fn hydrate(self, cursor: &Cursor, position: &PositionState) -> Made {
        Made((self.0)(Some((cursor, position))))
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
