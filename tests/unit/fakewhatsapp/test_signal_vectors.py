"""Values that other implementations of the protocol publish, and test themselves with."""

from fakewhatsapp.signal import IdentityKeyPair, KeyPair, verify
from fakewhatsapp.signal.agreement import as_initiator, as_responder
from fakewhatsapp.signal.keys import decode, derive, encode
from fakewhatsapp.signal.ratchet import Chain, MessageKeys, next_chain

key = bytes.fromhex

ALICE = IdentityKeyPair.from_private(key("9040f0d4e09cf38f6dc7c13779c908c015a1da4fa78737a080eb0a6f4f5f8f58"))
ALICE_BASE = KeyPair.from_private(key("10ae7c64d1e61cd596b76a0db5012673391cae66edbfcf073b4da80516a47449"))
BOB = IdentityKeyPair.from_private(key("4875cc69ddf8ea0719ec947d61081135868d5fd801f02c0225e516df2156605e"))
BOB_SIGNED = KeyPair.from_private(key("583900131fb727998b7803fe6ac22cc591f342e4e42a8c8d5d78194209b8d253"))
FIRST_CHAIN = key("ab9be50e5cb22a925446ab90ee5670545f4fd32902459ec274b6ad0ae5d6031a")

SIGNER = IdentityKeyPair.from_private(key("c097248412e58bf05df487968205132794178e367637f5818f81e0e6ce73e865"))
SIGNED = key("05edce9d9c415ca78cb7252e72c2c4a554d3eb29485a0e1d503118d1a82d99fb4a")
SIGNATURE = key(
    "5de88ca9a89b4a115da79109c67c9c7464a3e4180274f1cb8c63c2984e286dfb"
    "ede82deb9dcd9fae0bfbb821569b3d9001bd8130cd11d486cef047bd60b86e88"
)


def test_two_keys_agree_on_the_secret_of_rfc_7748() -> None:
    alice = KeyPair.from_private(key("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"))
    bob = KeyPair.from_private(key("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
    shared = key("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")

    assert alice.public == key("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
    assert alice.agree(bob.public) == bob.agree(alice.public) == shared


def test_a_signature_of_libsignal_with_its_sign_bit_set_is_accepted() -> None:
    assert SIGNER.public == key("ab7e717d4a163b7d9a1d8071dfe9dcf8cdcd1cea3339b6356be84d887e322c64")
    assert verify(SIGNER.public, SIGNED, SIGNATURE)


def test_a_signature_of_libsignal_with_any_byte_altered_is_refused() -> None:
    for place in range(len(SIGNATURE)):
        altered = bytearray(SIGNATURE)
        altered[place] ^= 1
        assert not verify(SIGNER.public, SIGNED, bytes(altered))


def test_the_derivation_gives_what_rfc_5869_expects() -> None:
    derived = derive(b"\x0b" * 22, key("f0f1f2f3f4f5f6f7f8f9"), 42, salt=key("000102030405060708090a0b0c"))

    assert derived == key(
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )


def test_both_sides_of_a_first_agreement_get_libsignals_first_chain() -> None:
    _, alices = as_initiator(ALICE, ALICE_BASE, BOB.public, BOB_SIGNED.public, None)
    _, bobs = as_responder(BOB, BOB_SIGNED, None, ALICE.public, ALICE_BASE.public)

    assert alices == bobs == FIRST_CHAIN


def test_a_chain_gives_libsignals_message_keys_and_its_next_key() -> None:
    chain = Chain(key("8ab72d6f4cc5ac0d387eaf463378ddb28edd07385b1cb01250c715982e7ad48f"))
    keys = MessageKeys.derive(chain.secret())
    chain.step()

    assert keys.cipher == key("bf51e9d75e0e31031051f82a2491ffc084fa298b7793bd9db620056febf45217")
    assert keys.mac == key("c6c77d6a73a354337a56435e34607dfe48e3ace14e77314dc6abc172e7a7030b")
    assert chain.key == key("28e8f8fee54b801eef7c5cfb2f17f32c7b334485bbb70fac6ec10342a246d15d")


def test_a_turn_of_the_ratchet_splits_what_the_root_key_gives() -> None:
    # libsignal publishes this one for version 2 only, so here the two sides check each other
    root, ours, theirs = bytes(32), KeyPair.generate(), KeyPair.generate()

    assert next_chain(root, ours, theirs.public) == next_chain(root, theirs, ours.public)


def test_a_public_key_in_a_message_has_its_type_before_it() -> None:
    assert encode(BOB.public) == b"\x05" + BOB.public
    assert decode(encode(BOB.public)) == BOB.public
