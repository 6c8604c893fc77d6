import socket

import pytest

from edge_valgus.web import server
from edge_valgus.web.app import create_app

ADDRESSES = ("/", "/days/", "/api/now", "/api/stream", "/api/days", "/export.csv", "/healthz", "/assets/x/page.css")


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8080",
        "LOCALHOST:8080",
        "localhost.",
        "127.0.0.1",
        "192.168.1.17:8080",
        "[::1]:8080",
        "[fe80::1]",
        "[fe80::1%eth0]:8080",
        "edge-valgus.local:8080",
        "Edge-Valgus.local.",
        "rack-2.gym.local",
    ],
)
def test_the_page_is_served_to_whoever_names_this_machine(client, host):
    assert client.get("/api/now", headers={"Host": host}).status_code == 200


def test_the_page_is_served_under_the_machines_name(client, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "Rack7")
    assert client.get("/", headers={"Host": "rack7:8080"}).status_code == 200
    assert client.get("/", headers={"Host": "rack8:8080"}).status_code == 421


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.168.1.17.nip.io",
        "local",
        ".local",
        "evil.example/.local",
        "evil.example#.local",
        "evil.example@x.local",
        "x.local.evil.example",
        "0x7f000001",
        "2130706433",
        "127.1",
        "::1",
        "[127.0.0.1]",
        "[evil.example]",
        "[::1]evil.example",
        "127.0.0.1:80:80",
        "127.0.0.1:http",
        "localhost, evil.example",
        "",
    ],
)
def test_under_any_other_name_nothing_is_read(client, host):
    # Given as the server gives it, because the client would tidy it up.
    response = client.get("/api/now", environ_overrides={"HTTP_HOST": host})
    assert response.status_code in {400, 421}
    assert b"camera_running" not in response.data


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_address_of_the_page_answers_a_rebound_name(gym, live, address, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "rack7.gym.example")
    app = create_app(gym.reader, live)
    response = app.test_client().get(address, headers={"Host": "evil.example:8080"})
    assert response.status_code == 421
    said = response.get_data(as_text=True)
    assert "http://rack7.local:80 or this machine" in said
    assert "IP address" in said
    assert gym.old_day not in said


def test_a_name_that_the_page_was_told_to_listen_on_is_served(gym, live, monkeypatch):
    # Stands in for a name server that knows the name.
    monkeypatch.setattr(server, "_listen", lambda _host, port: socket.create_server(("127.0.0.1", port)))
    app = create_app(gym.reader, live)
    asked = {"Host": "squats.gym.example:8080"}
    assert app.test_client().get("/", headers=asked).status_code == 421
    with server.PageServer(app, "Squats.gym.example", 0):
        assert app.test_client().get("/", headers=asked).status_code == 200
