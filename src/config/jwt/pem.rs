//! Public keys in PEM (RFC 7468, section 13).

use rustls::pki_types::pem::{PemObject, SectionKind};
use spki::{
    ObjectIdentifier, SubjectPublicKeyInfoRef,
    der::{Decode, Reader, SliceReader, asn1::UintRef},
};

use super::key::{InvalidKey, KeyMaterial, TokenKey};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// All public keys of a text. Fails if there is none, or something else.
pub fn keys(text: &str) -> Result<Vec<TokenKey>, InvalidKey> {
    let mut keys = Vec::new();
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes()) {
        let (kind, der) = section.map_err(|why| InvalidKey::Malformed(why.to_string()))?;
        let material = match kind {
            SectionKind::PublicKey => material(&der)?,
            SectionKind::Certificate => return Err(InvalidKey::Certificate),
            SectionKind::RsaPrivateKey | SectionKind::PrivateKey | SectionKind::EcPrivateKey => {
                return Err(InvalidKey::Private);
            }
            _ => return Err(InvalidKey::UnknownType),
        };
        keys.push(TokenKey::new(None, material, None)?);
    }
    match keys.is_empty() {
        true => Err(InvalidKey::Malformed(
            "there is no `BEGIN PUBLIC KEY` in it".to_owned(),
        )),
        false => Ok(keys),
    }
}

fn material(der: &[u8]) -> Result<KeyMaterial, InvalidKey> {
    let malformed = |why: spki::der::Error| InvalidKey::Malformed(why.to_string());
    let key = SubjectPublicKeyInfoRef::from_der(der).map_err(malformed)?;
    let bits = key.subject_public_key.raw_bytes();
    let curve = || key.algorithm.parameters_oid().ok();
    match key.algorithm.oid {
        RSA => rsa(bits).map_err(malformed),
        EC if curve() == Some(P256) => Ok(KeyMaterial::P256(bits.to_vec())),
        EC if curve() == Some(P384) => Ok(KeyMaterial::P384(bits.to_vec())),
        ED25519 => Ok(KeyMaterial::Ed25519(bits.to_vec())),
        _ => Err(InvalidKey::UnknownType),
    }
}

/// An `RSAPublicKey` (RFC 8017, appendix A.1.1).
fn rsa(der: &[u8]) -> Result<KeyMaterial, spki::der::Error> {
    let mut reader = SliceReader::new(der)?;
    let key = reader.sequence(|numbers| {
        let n = UintRef::decode(numbers)?.as_bytes().to_vec();
        let e = UintRef::decode(numbers)?.as_bytes().to_vec();
        Ok(KeyMaterial::Rsa { n, e })
    })?;
    reader.finish(key)
}
