"""From where videos may be fetched: from hosts that are named, and never from inside the network."""

import pytest

from sightline.jobs.addresses import AddressRefused, check_address, video_name_of

HOSTS = ("youtube.com", "www.youtube.com", "youtu.be")
PUBLIC = ("142.250.74.14", "2a00:1450:4007:80e::200e")

REFUSED = {
    "another host": "https://vimeo.com/1",
    "a host that begins alike": "https://youtube.com.evil.example/1",
    "a host that ends alike": "https://notyoutube.com/1",
    "a user name that looks like a host": "https://youtube.com@evil.example/1",
    "a user name": "https://me:secret@youtube.com/1",
    "a file": "file:///etc/passwd",
    "no scheme": "youtube.com/1",
    "another scheme": "ftp://youtube.com/1",
    "another port": "https://youtube.com:22/",
    "a port that is none": "https://youtube.com:x/",
    "a bracket": "https://[youtube.com/",
    "no host": "https:///1",
    "empty": "",
}
PRIVATE = (
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"),
    *("::1", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "224.0.0.1"),
    *("2002:0a00:0001::1", "64:ff9b::7f00:1", "ff02::1"),
)


@pytest.mark.parametrize("url", REFUSED.values(), ids=REFUSED.keys())
def test_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(url, HOSTS, lambda _: PUBLIC)


@pytest.mark.parametrize(
    "url",
    [
        "https://youtu.be/x",
        "http://www.youtube.com/watch?v=x",
        "https://YouTube.com:443/x",
        "https://youtube.com./x",
    ],
)
def test_allowed(url: str) -> None:
    check_address(url, HOSTS, lambda _: PUBLIC)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_inside_is_refused_also_when_only_one_of_its_addresses_does(address: str) -> None:
    with pytest.raises(AddressRefused, match="inside this network"):
        check_address("https://youtu.be/x", HOSTS, lambda _: (*PUBLIC, address))


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:192.168.0.1]", "localhost"])
def test_an_address_inside_is_refused_although_the_setting_names_it(host: str) -> None:
    with pytest.raises(AddressRefused, match="inside this network"):
        check_address(f"http://{host}/x", [host.strip("[]")])


def test_a_public_address_is_one_however_it_is_written() -> None:
    check_address("https://youtu.be/x", HOSTS, lambda _: ("::ffff:142.250.74.14", "2002:8efa:4a0e::1"))


def test_a_name_that_nobody_knows_now_passes_for_who_fetches_looks_again() -> None:
    check_address("https://youtu.be/x", HOSTS, lambda _: ())


def test_a_video_of_the_web_is_called_by_what_its_address_ends_with() -> None:
    assert video_name_of("https://youtu.be/aqz-KE") == "aqz-KE"
    assert video_name_of("https://www.youtube.com/watch?v=aqz") == "www.youtube.com?v=aqz"
    assert video_name_of("https://youtu.be/") == "youtu.be"
    assert video_name_of("https://youtu.be/a%0d%0ab") == "a__b"
