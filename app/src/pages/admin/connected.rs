//! Who is connected, and whom the search finds.

use leptos::prelude::*;

use super::{desk::Desk, person::Person, presence::Presence};
use crate::components::{ClientTable, IntoPart, note, press, text, when};

/// The section of the panel.
pub(super) fn view(presence: Presence, desk: Desk, person: Person) -> AnyView {
    let search = presence.search;
    let nobody = note(move || {
        let nobody = presence.loaded.get() && presence.shown.with(Vec::is_empty);
        let searching = search.with(|text| !text.trim().is_empty());
        nobody.then(|| match searching {
            true => "Nobody matches.".to_owned(),
            false => "Nobody is connected.".to_owned(),
        })
    });
    let more = move || {
        let label = text(move || format!("Show more of the other {}", presence.hidden.get()));
        view! {
            <button type="button" class="quiet" on:click=press(move || presence.show_more())>
                {label}
            </button>
        }
        .fresh()
    };
    view! {
        <section class="card" aria-labelledby="clients-title">
        <div class="section-head">
            <h2 id="clients-title">"Connected clients"</h2>
            <label class="unseen" for="search">
                "Search clients"
            </label>
            <input
                id="search"
                type="search"
                placeholder="Ids, topics, also away"
                autocomplete="off"
                spellcheck="false"
                bind:value=search
            />
        </div>
        <p class="note" role="status">
            {note(move || presence.note.get())}
        </p>
        <ClientTable
            clients=presence.shown.into()
            picked=Signal::derive(move || desk.draft.picked())
            on_look=Callback::new(move |id| person.look_at(id))
            on_pick=Callback::new(move |id: String| desk.draft.pick(&id))
            on_disconnect=Callback::new(move |id| presence.disconnect(id))
        />
        <p class="nothing">{nobody}</p>
        {when(move || presence.hidden.get() > 0, more)}
        </section>
    }
    .part()
}
