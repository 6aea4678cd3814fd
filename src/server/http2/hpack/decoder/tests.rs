//! The examples of RFC 7541, appendix C, and what is not valid.

use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = (hex.chars())
        .filter_map(|digit| digit.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

fn decoded(decoder: &mut Decoder, block: &[u8]) -> Result<Vec<(String, String)>, HpackError> {
    let mut fields = Vec::new();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("a text");
    decoder.decode(block, |name, value| {
        fields.push((text(name), text(value)));
        Ok(())
    })?;
    Ok(fields)
}

fn check(decoder: &mut Decoder, hex: &str, expected: &[(&str, &str)]) {
    let fields = decoded(decoder, &bytes(hex)).expect("a valid block");
    let expected: Vec<(String, String)> = (expected.iter())
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    assert_eq!(fields, expected);
}

/// The names and values in the dynamic table.
fn table(decoder: &Decoder) -> Vec<String> {
    let text = |(name, value): (&[u8], &[u8])| {
        let [name, value] = [name, value].map(String::from_utf8_lossy);
        format!("{name}: {value}")
    };
    (0..)
        .map_while(|place| decoder.table.get(place).map(text))
        .collect()
}

#[test]
fn single_fields_are_decoded() {
    let mut decoder = Decoder::default();
    let added = "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572";
    check(&mut decoder, added, &[("custom-key", "custom-header")]);
    assert_eq!(table(&decoder), ["custom-key: custom-header"]);
    check(
        &mut decoder,
        "040c 2f73 616d 706c 652f 7061 7468",
        &[(":path", "/sample/path")],
    );
    let secret = "1008 7061 7373 776f 7264 0673 6563 7265 74";
    check(&mut decoder, secret, &[("password", "secret")]);
    check(&mut decoder, "82", &[(":method", "GET")]);
    assert_eq!(table(&decoder), ["custom-key: custom-header"]);
}

const FIRST: [(&str, &str); 4] = [
    (":method", "GET"),
    (":scheme", "http"),
    (":path", "/"),
    (":authority", "www.example.com"),
];

const THIRD: [(&str, &str); 5] = [
    (":method", "GET"),
    (":scheme", "https"),
    (":path", "/index.html"),
    (":authority", "www.example.com"),
    ("custom-key", "custom-value"),
];

#[test]
fn three_requests_of_one_connection_are_decoded() {
    let plain = [
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ];
    let compressed = [
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ];
    for blocks in [plain, compressed] {
        let mut decoder = Decoder::default();
        check(&mut decoder, blocks[0], &FIRST);
        let second = [&FIRST[..], &[("cache-control", "no-cache")]].concat();
        check(&mut decoder, blocks[1], &second);
        check(&mut decoder, blocks[2], &THIRD);
        let known = [
            "custom-key: custom-value",
            "cache-control: no-cache",
            ":authority: www.example.com",
        ];
        assert_eq!(table(&decoder), known);
    }
}

#[test]
fn fields_leave_a_table_that_is_full() {
    let mut decoder = Decoder::default();
    decoder.table.resize(256);
    let first =
        "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e
        919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3";
    let date = ("date", "Mon, 21 Oct 2013 20:13:21 GMT");
    let location = ("location", "https://www.example.com");
    let private = ("cache-control", "private");
    check(
        &mut decoder,
        first,
        &[(":status", "302"), private, date, location],
    );
    check(
        &mut decoder,
        "4883 640e ffc1 c0bf",
        &[(":status", "307"), private, date, location],
    );
    let third = "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7
        821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07";
    let cookie = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
    let fields = [
        (":status", "200"),
        private,
        ("date", "Mon, 21 Oct 2013 20:13:22 GMT"),
        location,
        ("content-encoding", "gzip"),
        ("set-cookie", cookie),
    ];
    check(&mut decoder, third, &fields);
    let known = [
        format!("set-cookie: {cookie}"),
        "content-encoding: gzip".to_owned(),
        "date: Mon, 21 Oct 2013 20:13:22 GMT".to_owned(),
    ];
    assert_eq!(table(&decoder), known);
}

#[test]
fn the_size_of_the_table_is_bounded() {
    let mut decoder = Decoder::default();
    // Two changes at the beginning of a block.
    check(&mut decoder, "203f e11f 82", &[(":method", "GET")]);
    assert_eq!(
        decoded(&mut decoder, &bytes("3fe2 1f82")),
        Err(HpackError::TableSize)
    );
    assert_eq!(
        decoded(&mut decoder, &bytes("8220")),
        Err(HpackError::TableSize),
        "only at the beginning of a block"
    );
}

#[test]
fn what_is_not_valid_is_refused() {
    for (hex, error) in [
        ("80", HpackError::Index),
        ("be", HpackError::Index),
        ("7f", HpackError::Truncated),
        ("0401", HpackError::Truncated),
        ("04", HpackError::Truncated),
        ("0481 1e", HpackError::Huffman),
        ("ff80 8080 8001", HpackError::Integer),
    ] {
        assert_eq!(
            decoded(&mut Decoder::default(), &bytes(hex)),
            Err(error),
            "{hex}"
        );
    }
}
