from itertools import permutations

import pytest

from fakewhatsapp.signal import (
    IdentityKeyPair,
    MalformedMessageError,
    MessageType,
    MissingPreKeyError,
    NoSessionError,
    PreKeyBundle,
    PreKeyStore,
    RepeatedMessageError,
    Session,
    SignalError,
    UntrustedMessageError,
    pad,
    unpad,
    verify,
)
from fakewhatsapp.signal.wire import OrdinaryMessage, PreKeyMessage

Message = tuple[MessageType, bytes]


def strangers() -> tuple[Session, Session]:
    """Alice has Bob's bundle; Bob has never heard of Alice."""
    bob = PreKeyStore.generate()
    alice = Session(PreKeyStore.generate())
    alice.start(bob.bundle())
    return alice, Session(bob)


def friends() -> tuple[Session, Session]:
    """Both have written to each other."""
    alice, bob = strangers()
    bob.decrypt(*alice.encrypt(b"hello"))
    alice.decrypt(*bob.encrypt(b"hello yourself"))
    return alice, bob


def test_the_first_message_starts_the_others_session() -> None:
    alice, bob = strangers()
    kind, message = alice.encrypt(b"hello")

    assert kind == "pkmsg"
    assert bob.decrypt(kind, message) == b"hello"
    assert bob.started


def test_messages_say_how_to_start_a_session_until_the_first_answer() -> None:
    alice, bob = strangers()
    for text in (b"one", b"two"):
        kind, message = alice.encrypt(text)
        assert kind == "pkmsg"
        assert bob.decrypt(kind, message) == text
    kind, answer = bob.encrypt(b"three")
    assert kind == "msg"
    assert alice.decrypt(kind, answer) == b"three"
    assert alice.encrypt(b"four")[0] == "msg"


def test_a_long_conversation_is_read_on_both_sides() -> None:
    alice, bob = friends()
    for turn in range(50):
        writer, reader = (alice, bob) if turn % 3 else (bob, alice)
        text = f"message {turn}".encode() * turn
        assert reader.decrypt(*writer.encrypt(text)) == text


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_messages_are_read_in_whatever_order_they_come(order: tuple[int, ...]) -> None:
    alice, bob = strangers()
    texts = [b"zero", b"one", b"two", b"three"]
    messages = [alice.encrypt(text) for text in texts]

    assert [bob.decrypt(*messages[number]) for number in order] == [texts[number] for number in order]


def test_a_message_from_before_several_turns_of_the_ratchet_is_still_read() -> None:
    alice, bob = friends()
    late = alice.encrypt(b"late")
    for _ in range(3):
        bob.decrypt(*alice.encrypt(b"ping"))
        alice.decrypt(*bob.encrypt(b"pong"))

    assert bob.decrypt(*late) == b"late"


def test_lost_messages_do_not_matter() -> None:
    alice, bob = friends()
    for _ in range(200):
        alice.encrypt(b"lost")

    assert bob.decrypt(*alice.encrypt(b"arrives")) == b"arrives"


def test_a_message_too_far_ahead_is_refused() -> None:
    alice, bob = friends()
    for _ in range(2001):
        alice.encrypt(b"lost")

    with pytest.raises(MalformedMessageError):
        bob.decrypt(*alice.encrypt(b"too far"))


def test_a_message_that_was_read_is_not_read_again() -> None:
    alice, bob = strangers()
    first = alice.encrypt(b"first")
    bob.decrypt(*first)
    alice.decrypt(*bob.encrypt(b"answer"))
    later = alice.encrypt(b"later")
    bob.decrypt(*later)

    for message in (first, later):
        with pytest.raises(RepeatedMessageError):
            bob.decrypt(*message)


def test_a_message_that_was_skipped_and_then_read_is_not_read_again() -> None:
    alice, bob = friends()
    skipped = alice.encrypt(b"skipped")
    bob.decrypt(*alice.encrypt(b"next"))
    bob.decrypt(*skipped)

    with pytest.raises(RepeatedMessageError):
        bob.decrypt(*skipped)


def test_a_message_altered_anywhere_is_refused_and_the_true_one_still_read() -> None:
    alice, bob = friends()
    kind, message = alice.encrypt(b"true")

    for place in range(len(message)):
        with pytest.raises(SignalError):
            bob.decrypt(kind, altered(message, place))
    assert bob.decrypt(kind, message) == b"true"


def test_a_first_message_altered_inside_leaves_the_one_time_key_for_the_true_one() -> None:
    alice, bob = strangers()
    kind, message = alice.encrypt(b"true")
    inner = len(message) - 20

    with pytest.raises(SignalError):
        bob.decrypt(kind, altered(message, inner))
    assert bob.decrypt(kind, message) == b"true"


def test_a_message_for_somebody_else_is_refused() -> None:
    alice, _ = strangers()
    _, carol = friends()

    with pytest.raises(MissingPreKeyError):
        carol.decrypt(*alice.encrypt(b"for Bob"))


def test_a_message_without_a_session_is_refused() -> None:
    alice, _ = friends()
    stranger = Session(PreKeyStore.generate())

    with pytest.raises(NoSessionError):
        stranger.decrypt(*alice.encrypt(b"for Bob"))
    with pytest.raises(NoSessionError):
        stranger.encrypt(b"to whom?")


def test_a_one_time_key_starts_one_session_only() -> None:
    bob = PreKeyStore.generate()
    bundle = bob.bundle()
    alice, carol = Session(PreKeyStore.generate()), Session(PreKeyStore.generate())
    alice.start(bundle)
    carol.start(bundle)
    Session(bob).decrypt(*alice.encrypt(b"first"))

    with pytest.raises(MissingPreKeyError):
        Session(bob).decrypt(*carol.encrypt(b"second"))


def test_a_session_starts_without_a_one_time_key_too() -> None:
    keys = PreKeyStore.generate()
    full = keys.bundle()
    bundle = PreKeyBundle(
        full.registration_id, full.identity_key, full.signed_pre_key_id, full.signed_pre_key, full.signature
    )
    alice, bob = Session(PreKeyStore.generate()), Session(keys)
    alice.start(bundle)

    assert bob.decrypt(*alice.encrypt(b"hello")) == b"hello"


def test_a_bundle_that_its_identity_did_not_sign_is_refused() -> None:
    bundle, other = PreKeyStore.generate().bundle(), PreKeyStore.generate().bundle()
    forged = PreKeyBundle(
        bundle.registration_id, bundle.identity_key, 1, other.signed_pre_key, other.signature, bundle.pre_key
    )

    with pytest.raises(UntrustedMessageError):
        Session(PreKeyStore.generate()).start(forged)


def test_two_that_begin_at_the_same_moment_understand_each_other() -> None:
    alices, bobs = PreKeyStore.generate(), PreKeyStore.generate()
    alice, bob = Session(alices), Session(bobs)
    alice.start(bobs.bundle())
    bob.start(alices.bundle())
    from_alice, from_bob = alice.encrypt(b"I was first"), bob.encrypt(b"no, I was")

    assert bob.decrypt(*from_alice) == b"I was first"
    assert alice.decrypt(*from_bob) == b"no, I was"
    for turn in range(6):
        writer, reader = (alice, bob) if turn % 2 else (bob, alice)
        assert reader.decrypt(*writer.encrypt(b"fine")) == b"fine"


def test_a_session_begun_anew_replaces_the_old_one_and_old_messages_are_still_read() -> None:
    bobs = PreKeyStore.generate()
    alice, bob = Session(PreKeyStore.generate()), Session(bobs)
    alice.start(bobs.bundle())
    bob.decrypt(*alice.encrypt(b"old"))
    on_its_way = alice.encrypt(b"still on its way")
    alice.start(bobs.bundle())

    assert bob.decrypt(*alice.encrypt(b"new")) == b"new"
    assert bob.decrypt(*on_its_way) == b"still on its way"
    assert alice.decrypt(*bob.encrypt(b"answer")) == b"answer"


def test_messages_have_the_fields_and_the_order_that_libsignal_writes() -> None:
    alice, _ = strangers()
    _, message = alice.encrypt(b"hello")
    outer = PreKeyMessage.parse(message)
    inner = OrdinaryMessage.parse(outer.message)

    assert message[0] == outer.message[0] == 0x33
    assert outer.serialize() == message
    assert outer.message[1:3] == b"\x0a\x21"  # field 1, 33 bytes: the ratchet key, with its type
    assert outer.message[36:40] == b"\x10\x00\x18\x00"  # both counters are there even when they are 0
    assert len(inner.mac) == 8
    assert inner.counter == 0


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x33", id="version alone"),
        pytest.param(b"\x23" + bytes(60), id="old version"),
        pytest.param(b"\x33" + b"\xff" * 60, id="no protobuf"),
        pytest.param(bytes(200), id="zeros"),
    ],
)
@pytest.mark.parametrize("kind", ["msg", "pkmsg", "skmsg"])
def test_junk_is_refused(kind: str, junk: bytes) -> None:
    _, bob = friends()

    with pytest.raises(MalformedMessageError):
        bob.decrypt(kind, junk)


def test_what_an_identity_signs_others_verify() -> None:
    for _ in range(20):  # half of all keys have the other sign
        identity, other = IdentityKeyPair.generate(), IdentityKeyPair.generate()
        signature = identity.sign(b"words")

        assert verify(identity.public, b"words", signature)
        assert not verify(identity.public, b"other words", signature)
        assert not verify(other.public, b"words", signature)
        assert not verify(identity.public, b"words", signature[:-1])


def test_padding_is_one_to_sixteen_bytes_and_comes_off_again() -> None:
    sizes = {len(pad(b"text")) - 4 for _ in range(1000)}

    assert sizes == set(range(1, 17))
    assert unpad(pad(b"text")) == b"text"
    assert unpad(pad(b"")) == b""
    for wrong in (b"", b"\x00", b"abc\x05"):
        with pytest.raises(MalformedMessageError):
            unpad(wrong)


def test_a_private_key_is_not_shown() -> None:
    pair = IdentityKeyPair.generate()

    assert pair.private.hex() not in repr(pair)
    assert repr(pair.private) not in repr(pair)


def altered(message: bytes, place: int) -> bytes:
    changed = bytearray(message)
    changed[place] ^= 0x11
    return bytes(changed)
