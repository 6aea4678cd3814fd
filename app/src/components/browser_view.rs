//! What Leptos wants of a view, for views that only browsers have.

use leptos::tachys::{
    html::attribute::{Attribute, any_attribute::AnyAttribute},
    hydration::Cursor,
    view::{Mountable, Position, PositionState, Render, RenderHtml, add_attr::AddAnyAttr},
};

/// A view that is made in a browser, or found in the page that the server has rendered. It is never HTML text, never waits for
/// anything, and takes no attributes from outside.
pub(super) trait BrowserView: Send + Sized + 'static {
    /// What is in the page.
    type Shown: Mountable + 'static;

    /// Makes it. It is in the page when it is mounted.
    fn build(self) -> Self::Shown;

    /// Changes what is in the page to this.
    fn rebuild(self, shown: &mut Self::Shown);

    /// Finds it in the page.
    fn hydrate(self, cursor: &Cursor, position: &PositionState) -> Self::Shown;
}

/// A [`BrowserView`] as a view of Leptos.
pub(super) struct InBrowser<V>(pub V);

impl<V: BrowserView> Render for InBrowser<V> {
    type State = V::Shown;

    fn build(self) -> V::Shown {
        self.0.build()
    }

    fn rebuild(self, state: &mut V::Shown) {
        self.0.rebuild(state);
    }
}

impl<V: BrowserView> AddAnyAttr for InBrowser<V> {
    type Output<NewAttr: Attribute> = Self;

    fn add_any_attr<NewAttr: Attribute>(self, _: NewAttr) -> Self::Output<NewAttr> {
        self
    }
}

impl<V: BrowserView> RenderHtml for InBrowser<V> {
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

    fn hydrate<const FROM_SERVER: bool>(
        self,
        cursor: &Cursor,
        position: &PositionState,
    ) -> V::Shown {
        self.0.hydrate(cursor, position)
    }

    fn into_owned(self) -> Self {
        self
    }
}
