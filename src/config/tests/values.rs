//! What each kind of setting takes.

use std::time::Duration;

use bytesize::ByteSize;
use secrecy::ExposeSecret;

use super::super::written::toml_value;
use super::super::*;
use super::House;

#[test]
fn every_default_is_a_value_of_its_setting_in_its_shortest_spelling() {
    let unquoted = |value: &serde_json::Value| toml_value(value).trim_matches('"').to_owned();
    for (setting, value) in settings().zip(Config::default().shown()) {
        let spelt = match value.as_array() {
            Some(elements) => elements.iter().map(unquoted).collect::<Vec<_>>().join(","),
            None => unquoted(&value),
        };
        assert_eq!(spelt, setting.default, "{}", setting.name);
    }
}

#[test]
fn both_bounds_of_a_range_fit_and_the_reader_is_told_of_them() {
    for setting in settings().filter(|setting| setting.name != "sessions.lifetime") {
        let Some((low, high)) = setting.range else {
            continue;
        };
        for bound in [low, high] {
            House::new().flag("sessions.lifetime", "3650d").flag(setting.name, bound).load();
        }
        let text = setting.accepts();
        assert!(text.contains(&format!("from {low} to {high}")), "{text}");
    }
}

#[test]
fn defaults_are_those_of_the_reference() {
    let config = House::new().load().config;
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:5000");
    assert_eq!(config.server.public_url, None);
    assert_eq!(config.server.max_body, ByteSize::mib(1));
    assert_eq!(config.password.hash_memory, ByteSize::kib(19_456));
    assert_eq!(config.sessions.lifetime, Duration::from_hours(180 * 24));
    assert_eq!(config.accounts.registration, Registration::Open);
    assert_eq!(config.log.format, LogFormat::Auto);
    assert_eq!(config.database.url.expose_secret(), "sqlite:");
}

#[test]
fn values_that_do_not_fit_are_refused() {
    for (setting, value) in [
        ("server.listen", "localhost"),
        ("server.listen", ""),
        ("server.public_url", "ftp://example.org"),
        ("server.public_url", "https://example.org/?a=b"),
        ("server.public_url", "https://someone@example.org"),
        ("server.trusted_proxies", "10.0.0.0/33"),
        ("server.cors_origins", "https://example.org/"),
        ("server.cors_origins", "https://example.org/path"),
        ("server.cors_origins", "example.org"),
        ("server.cors_origins", "*, https://example.org"),
        ("server.max_body", "-1MiB"),
        ("server.max_connections", "0"),
        ("server.request_timeout", "30"),
        ("data.dir", ""),
        ("database.url", ""),
        ("accounts.registration", "Open"),
        ("password.refuse_common", "yes"),
        ("password.min_length", "65"),
        ("password.hash_memory", "8191KiB"),
        ("tokens.access_lifetime", "59s"),
        ("tokens.access_lifetime", "25h"),
        ("log.level", "inof"),
        ("log.level", "portcullis=loud,info"),
        ("log.format", "xml"),
        ("limits.sign_in", ""),
        ("limits.sign_in", "60"),
        ("limits.sign_in", "0/m"),
        ("limits.sign_in", "-1/m"),
        ("limits.sign_in", "100001/m"),
        ("limits.sign_in", "60/week"),
        ("limits.sign_in", "60/m burst"),
        ("limits.sign_in", "60/m burst 0"),
        ("limits.sign_in", "60/m burst 10 20"),
    ] {
        let problems = House::new().flag(setting, value).problems();
        assert!(problems.len() == 1 && problems[0].starts_with(setting), "{setting} = {value}: {problems:?}");
    }
}

#[test]
fn the_file_refuses_sorts_of_value_that_no_setting_takes() {
    for (line, sort) in [
        ("listen = [\"127.0.0.1:1\"]", "array"),
        ("listen = {}", "table"),
        ("max_headers = 1.5", "float"),
        ("idle_timeout = 1979-05-27", "datetime"),
        ("cors_origins = [[]]", "array of arrays or tables"),
        ("trusted_proxies = {}", "table"),
    ] {
        let problems = House::new().toml(&format!("[server]\n{line}")).problems();
        assert!(
            problems[0].contains(&format!("a value of the sort \"{sort}\" does not fit")),
            "{problems:?}"
        );
    }
}

#[test]
fn numbers_of_the_file_may_be_written_in_every_way_of_toml() {
    let config = House::new().toml("[server]\nmax_headers = 0x40\nmax_connections = 1_000\n").load().config;
    assert_eq!((config.server.max_headers, config.server.max_connections), (64, 1000));
}

#[test]
fn a_bare_proxy_address_is_a_network_of_one() {
    let in_file = House::new().toml("[server]\ntrusted_proxies = [\"192.0.2.7\", \"::1\", \"10.1.2.3/8\"]\n");
    let in_environment =
        House::new().variable("PORTCULLIS_SERVER__TRUSTED_PROXIES", "192.0.2.7, ::1,10.1.2.3/8,");
    for house in [in_file, in_environment] {
        let networks = house.load().config.server.trusted_proxies;
        let networks: Vec<String> = networks.iter().map(ToString::to_string).collect();
        assert_eq!(networks, ["192.0.2.7/32", "::1/128", "10.0.0.0/8"]);
    }
}

#[test]
fn web_addresses_are_brought_into_canonical_spelling() {
    let house = House::new()
        .flag("server.public_url", "HTTPS://Id.Example.org:443/portcullis/")
        .flag("server.cors_origins", "https://App.example.org:443,http://[::1]:3000,tauri://localhost");
    let server = house.load().config.server;
    assert_eq!(&**server.public_url.as_ref().unwrap(), "https://id.example.org/portcullis");
    let origins: Vec<&str> = server.cors_origins.iter().map(|origin| &**origin).collect();
    assert_eq!(origins, ["https://app.example.org", "http://[::1]:3000", "tauri://localhost"]);
}

#[test]
fn a_rate_is_a_count_per_time_and_perhaps_a_burst() {
    for (text, (millis, burst), shown) in [
        ("30/m", (2000, 30), "30/m"),
        (" 5 / s ", (200, 5), "5/s"),
        ("100/h burst 20", (36_000, 20), "100/h burst 20"),
        ("100/d burst 100", (864_000, 100), "100/d"),
    ] {
        let loaded = House::new().flag("limits.sign_in", text).load();
        let rate = loaded.config.limits.sign_in;
        assert_eq!((rate.interval().as_millis(), rate.burst().get()), (millis, burst), "{text}");
        assert_eq!(rate.to_string(), shown);
    }
}

#[test]
fn a_log_filter_is_a_level_or_levels_of_targets() {
    for (text, filter) in [
        ("debug", "debug"),
        ("portcullis=debug, hyper::client=off,info", "portcullis=debug,hyper::client=off,info"),
    ] {
        assert_eq!(&*House::new().flag("log.level", text).load().config.log.level, filter);
    }
}
