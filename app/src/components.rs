//! The parts that pages are made of. They know neither their page nor the API: what they show comes
//! in as signals, what a person does goes out through callbacks.

mod client_card;
mod client_table;
mod copy_button;
mod field;
mod history_filter;
mod history_list;
mod layout;
mod message_list;
mod name_list;
mod part;
mod push_form;
mod sign_in_form;
mod stream_state;

pub(crate) use client_card::ClientCard;
pub(crate) use client_table::ClientTable;
pub(crate) use copy_button::CopyButton;
pub(crate) use field::{Complaint, Field, FieldNote};
pub(crate) use history_filter::{HistoryFilter, HistoryFilterFields};
pub(crate) use history_list::{HistoryList, MessageActions};
pub(crate) use layout::{Footer, Header};
pub(crate) use message_list::MessageList;
pub(crate) use name_list::NameList;
pub(crate) use part::{Entry, IntoPart, Press, aria, either, list, note, press, text, when, word};
pub(crate) use push_form::{Draft, PushForm, Reach, answer_in_words, to_in_words};
pub(crate) use sign_in_form::SignInForm;
pub(crate) use stream_state::StreamState;
