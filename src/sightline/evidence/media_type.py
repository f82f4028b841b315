"""What kind of video a file is, by its first bytes. A name or a header proves nothing."""

FIRST_BYTES = 512
"""Enough of a file to tell."""

_PICTURE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")
_TS_PACKET = 188


def media_type_of(start: bytes) -> str | None:
    """The media type of a file that begins with `start`; None when it is not a video.

    Knows ISO media (MP4, MOV, 3GP), Matroska and WebM, AVI, MPEG transport and program streams, and FLV.
    """
    if start[4:8] == b"ftyp":
        brand = start[8:12]
        if brand in _PICTURE_BRANDS:
            return None
        return "video/quicktime" if brand == b"qt  " else "video/mp4"
    if start.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"webm" in start[:64] else "video/x-matroska"
    if start.startswith(b"RIFF") and start[8:12] == b"AVI ":
        return "video/x-msvideo"
    if start.startswith(b"\x47") and start[_TS_PACKET : _TS_PACKET + 1] == b"\x47":
        return "video/mp2t"
    if start.startswith(b"\x00\x00\x01\xba"):
        return "video/mpeg"
    return "video/x-flv" if start.startswith(b"FLV\x01") else None
