"""Requests that may be sent again, by the same key, and store what they store once
(draft-ietf-httpapi-idempotency-key-header).

The id of each document follows from the caller, the instance, the key and the document's place in the request, so
that a second try meets the document of the first in every store, without a record that has to be kept with it.
"""

from hashlib import sha256

import msgspec

from dataservice.domain.ids import uuid8


class Key(msgspec.Struct, frozen=True):
    """What a client calls its request. Another client's keys are others."""

    principal: str
    text: str


class KeyedRequest(msgspec.Struct, frozen=True):
    seed: tuple[str, str, str]
    hash: str
    """SHA-256 of the body, in hexadecimal digits: the same key for another body is a mistake of the client."""

    def document_id(self, index: int) -> str:
        """A UUIDv8 (RFC 9562, section 5.8)."""
        # As JSON, since texts that are merely joined could be joined from others.
        return uuid8(sha256(msgspec.json.encode((*self.seed, index))).digest())


def keyed_request(instance_name: str, key: Key, body: bytes) -> KeyedRequest:
    return KeyedRequest((key.principal, instance_name, key.text), sha256(body).hexdigest())
