//! Texts that are compressed by the static Huffman code (RFC 7541, section 5.2 and appendix B).
//!
//! The code is canonical: codes of the same length are consecutive, in the order of their symbols. So their lengths say all.

use super::error::HpackError;

/// The length of the code of each byte, and of the end of a text, in bits.
#[rustfmt::skip]
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

/// The end of a text. Only the first bits of its code appear, to fill the last byte.
const END: u16 = 256;

/// The longest code, in bits.
const LONGEST: usize = 30;

/// What is needed to decode.
struct Code {
    /// All symbols, in the order of their codes.
    symbols: [u16; 257],
    /// For each length: the first code that is longer than that, as the first bits of 32; and how many symbols come
    /// before the first one of this length, less the first code of this length.
    lengths: [Length; LONGEST + 1],
}

#[derive(Clone, Copy)]
struct Length {
    /// Codes of this length are below it, if they are the first bits of a number of 32 bits.
    end: u64,
    /// The first code.
    first: u32,
    /// The place of its symbol.
    place: usize,
}

static CODE: Code = code();

const fn code() -> Code {
    let mut symbols = [0; 257];
    let none = Length {
        end: 0,
        first: 0,
        place: 0,
    };
    let mut lengths = [none; LONGEST + 1];
    let (mut next, mut place, mut length) = (0_u32, 0, 1);
    while length <= LONGEST {
        next <<= 1;
        let (first, first_place) = (next, place);
        let mut symbol = 0;
        while symbol < LENGTHS.len() {
            if LENGTHS[symbol] as usize == length {
                symbols[place] = symbol as u16;
                place += 1;
                next += 1;
            }
            symbol += 1;
        }
        lengths[length] = Length {
            end: (next as u64) << (32 - length),
            first,
            place: first_place,
        };
        length += 1;
    }
    Code { symbols, lengths }
}

/// Appends the text to `decoded`.
pub fn decode(encoded: &[u8], decoded: &mut Vec<u8>) -> Result<(), HpackError> {
    // The next bits are the highest ones.
    let (mut bits, mut count) = (0_u64, 0_usize);
    let mut bytes = encoded.iter();
    loop {
        while count <= 32
            && let Some(byte) = bytes.next()
        {
            bits |= u64::from(*byte) << (56 - count);
            count += 8;
        }
        let Some((symbol, length)) = first_symbol(bits, count) else {
            break;
        };
        // The end of a text inside of it is an error.
        let byte = u8::try_from(symbol).map_err(|_| HpackError::Huffman)?;
        decoded.push(byte);
        bits <<= length;
        count -= length;
    }
    // What fills the last byte is shorter than a byte, and all ones.
    let is_padding = count < 8 && bits.leading_ones() as usize >= count;
    is_padding.then_some(()).ok_or(HpackError::Huffman)
}

/// The symbol at the beginning of `count` bits, and the length of its code.
fn first_symbol(bits: u64, count: usize) -> Option<(u16, usize)> {
    /// The shortest code.
    const SHORTEST: usize = 5;
    let window = bits >> 32;
    for (length, codes) in CODE.lengths.iter().enumerate().skip(SHORTEST) {
        if window < codes.end {
            let code = (window >> (32 - length)) as u32;
            let symbol = CODE.symbols[codes.place + (code - codes.first) as usize];
            return (length <= count && symbol <= END).then_some((symbol, length));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(encoded: &[u8]) -> Result<Vec<u8>, HpackError> {
        let mut text = Vec::new();
        decode(encoded, &mut text).map(|()| text)
    }

    /// What an encoder would send, bit by bit.
    fn encoded(text: &[u8]) -> Vec<u8> {
        let code_of = |byte: u8| {
            let length = LENGTHS[usize::from(byte)] as usize;
            let codes = CODE.lengths[length];
            let symbols = &CODE.symbols[codes.place..];
            let place = symbols
                .iter()
                .position(|symbol| *symbol == u16::from(byte))
                .expect("a symbol");
            (codes.first + place as u32, length)
        };
        let mut bits = Vec::new();
        for byte in text {
            let (code, length) = code_of(*byte);
            bits.extend((0..length).rev().map(|bit| code >> bit & 1 == 1));
        }
        while bits.len() % 8 != 0 {
            bits.push(true);
        }
        let byte = |bits: &[bool]| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
        bits.chunks(8).map(byte).collect()
    }

    #[test]
    fn the_examples_of_the_rfc_are_decoded() {
        let host = [
            0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff,
        ];
        assert_eq!(decoded(&host).expect("valid"), b"www.example.com");
        let cache = [0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf];
        assert_eq!(decoded(&cache).expect("valid"), b"no-cache");
        assert_eq!(decoded(&[]).expect("valid"), b"");
    }

    #[test]
    fn the_codes_are_those_of_the_rfc() {
        for (symbol, code) in [
            (b'0', 0x0),
            (b'a', 0x3),
            (b' ', 0x14),
            (b'X', 0xfc),
            (b'{', 0x7ffe),
        ] {
            let length = LENGTHS[usize::from(symbol)] as usize;
            let codes = CODE.lengths[length];
            let place = CODE.symbols[codes.place..]
                .iter()
                .position(|known| *known == u16::from(symbol));
            assert_eq!(codes.first + place.expect("there") as u32, code);
        }
        assert_eq!(CODE.symbols[255..], [22, END]);
    }

    #[test]
    fn all_bytes_are_decoded() {
        let all: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
        assert_eq!(decoded(&encoded(&all)).expect("valid"), all);
        for byte in 0..=255 {
            assert_eq!(decoded(&encoded(&[byte])).expect("valid"), [byte]);
        }
    }

    #[test]
    fn wrong_padding_is_refused() {
        // Longer than seven bits.
        assert_eq!(decoded(&[0xff]), Err(HpackError::Huffman));
        assert_eq!(decoded(&[0x1f, 0xff]), Err(HpackError::Huffman));
        // Not the first bits of the end.
        assert_eq!(decoded(&[0x1e]), Err(HpackError::Huffman));
        // The end itself.
        assert_eq!(decoded(&[0xff; 4]), Err(HpackError::Huffman));
    }
}
