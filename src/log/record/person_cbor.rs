//! Changes of people, and sessions, as CBOR.

use minicbor::{
    Decode, Encode,
    bytes::{ByteArray, ByteSlice},
};

use crate::log::{
    person::{Hidden, PersonChange, PersonName, StoredTotp},
    session::SessionChange,
};

#[derive(Encode, Decode)]
pub(super) enum WirePersonChange<'b> {
    /// Id, name, name in lower case, hash of the password, access.
    #[n(0)]
    Add(
        #[b(0)] &'b str,
        #[b(1)] &'b str,
        #[b(2)] &'b str,
        #[b(3)] &'b str,
        #[b(4)] &'b str,
    ),
    /// Id, name, name in lower case, access.
    #[n(1)]
    Update(
        #[b(0)] &'b str,
        #[b(1)] &'b str,
        #[b(2)] &'b str,
        #[b(3)] &'b str,
    ),
    /// Id, hash of the password.
    #[n(2)]
    Password(
        #[b(0)] &'b str,
        #[b(1)] &'b str,
        #[b(2)] Option<WireSession<'b>>,
    ),
    /// Id, secret, step.
    #[n(3)]
    Totp(#[b(0)] &'b str, #[b(1)] Option<&'b ByteSlice>, #[n(2)] u64),
    #[n(4)]
    Remove(#[b(0)] &'b str),
    /// Id, version, step.
    #[n(5)]
    SignIn(
        #[b(0)] &'b str,
        #[n(1)] u64,
        #[n(2)] Option<u64>,
        #[b(3)] WireSession<'b>,
    ),
}

#[derive(Encode, Decode)]
pub(super) struct WireSession<'b> {
    #[n(0)]
    pub digest: ByteArray<32>,
    #[n(1)]
    pub ends_at: Option<u64>,
    #[n(2)]
    pub key: Option<ByteArray<32>>,
    #[b(3)]
    pub from: Option<&'b str>,
    #[b(4)]
    pub program: Option<&'b str>,
}

impl<'b> WireSession<'b> {
    pub fn of(change: &'b SessionChange) -> Self {
        Self {
            digest: change.digest.into(),
            ends_at: change.ends_at,
            key: change.key.map(Into::into),
            from: change.from.as_deref(),
            program: change.program.as_deref(),
        }
    }

    pub fn parse(self) -> SessionChange {
        SessionChange {
            digest: self.digest.into(),
            ends_at: self.ends_at,
            key: self.key.map(Into::into),
            from: self.from.map(str::to_owned),
            program: self.program.map(str::to_owned),
        }
    }
}

impl<'b> WirePersonChange<'b> {
    pub fn of(change: &'b PersonChange) -> Self {
        match change {
            PersonChange::Add {
                id,
                name,
                password,
                access,
            } => Self::Add(id, &name.shown, &name.folded, &password.0, access),
            PersonChange::Update { id, name, access } => {
                Self::Update(id, &name.shown, &name.folded, access)
            }
            PersonChange::Password {
                id,
                password,
                session,
            } => Self::Password(id, &password.0, session.as_ref().map(WireSession::of)),
            PersonChange::Totp { id, totp } => {
                let secret = totp.as_ref().map(|totp| totp.secret.0.as_slice().into());
                Self::Totp(id, secret, totp.as_ref().map_or(0, |totp| totp.step))
            }
            PersonChange::Remove(id) => Self::Remove(id),
            PersonChange::SignIn {
                id,
                version,
                step,
                session,
            } => Self::SignIn(id, *version, *step, WireSession::of(session)),
        }
    }

    pub fn parse(self) -> PersonChange {
        let name = |shown: &str, folded: &str| PersonName {
            shown: shown.to_owned(),
            folded: folded.to_owned(),
        };
        match self {
            Self::Add(id, shown, folded, password, access) => PersonChange::Add {
                id: id.to_owned(),
                name: name(shown, folded),
                password: Hidden(password.to_owned()),
                access: access.to_owned(),
            },
            Self::Update(id, shown, folded, access) => PersonChange::Update {
                id: id.to_owned(),
                name: name(shown, folded),
                access: access.to_owned(),
            },
            Self::Password(id, password, session) => PersonChange::Password {
                id: id.to_owned(),
                password: Hidden(password.to_owned()),
                session: session.map(WireSession::parse),
            },
            Self::Totp(id, secret, step) => PersonChange::Totp {
                id: id.to_owned(),
                totp: secret.map(|secret| StoredTotp {
                    secret: Hidden(secret.to_vec()),
                    step,
                }),
            },
            Self::Remove(id) => PersonChange::Remove(id.to_owned()),
            Self::SignIn(id, version, step, session) => PersonChange::SignIn {
                id: id.to_owned(),
                version,
                step,
                session: session.parse(),
            },
        }
    }
}
