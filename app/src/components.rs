//! The parts that pages are made of. They know neither their page nor the API: what they show comes
//! in as signals, what a person does goes out through callbacks.

mod client_table;
mod copy_button;
mod field;
mod layout;
mod message_list;
mod name_list;
mod part;
mod push_form;
mod sent_list;
mod sign_in_form;
mod stream_state;

pub(crate) use client_table::ClientTable;
pub(crate) use copy_button::CopyButton;
pub(crate) use field::{Complaint, Field, FieldNote};
pub(crate) use layout::{Footer, Header};
pub(crate) use message_list::MessageList;
pub(crate) use name_list::NameList;
pub(crate) use part::{Entry, IntoPart, Press, aria, either, list, note, press, text, when, word};
pub(crate) use push_form::{Draft, PushForm, Reach};
pub(crate) use sent_list::{Sent, SentList, answer_in_words};
pub(crate) use sign_in_form::SignInForm;
pub(crate) use stream_state::StreamState;
