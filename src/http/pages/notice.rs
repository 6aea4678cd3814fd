//! Small pages about signing in at an issuer. They work without scripts.

use app::Language;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::{language_for, manifest::Manifest, policy};
use crate::{config::ProxySettings, http::Error};

/// The path at which a sign-in at the issuer begins.
const BEGIN: &str = "/api/session/oidc";

/// What they say.
struct Texts {
    signing_in: &'static str,
    go_on: &'static str,
    failed: &'static str,
    again: &'static str,
    otherwise: &'static str,
}

const ENGLISH: Texts = Texts {
    signing_in: "You are signed in",
    go_on: "Go on to the panel",
    failed: "Signing in failed",
    again: "Sign in with {name}",
    otherwise: "Sign in in another way",
};

const CHINESE: Texts = Texts {
    signing_in: "您已登录",
    go_on: "前往管理面板",
    failed: "登录失败",
    again: "使用 {name} 登录",
    otherwise: "使用其他方式登录",
};

const SPANISH: Texts = Texts {
    signing_in: "La sesión está iniciada",
    go_on: "Ir al panel",
    failed: "No se pudo iniciar sesión",
    again: "Iniciar sesión con {name}",
    otherwise: "Iniciar sesión de otra manera",
};

const GERMAN: Texts = Texts {
    signing_in: "Angemeldet",
    go_on: "Weiter zur Verwaltung",
    failed: "Die Anmeldung ist fehlgeschlagen",
    again: "Mit {name} anmelden",
    otherwise: "Auf andere Weise anmelden",
};

const FRENCH: Texts = Texts {
    signing_in: "Vous êtes connecté",
    go_on: "Continuer vers l’administration",
    failed: "La connexion a échoué",
    again: "Se connecter avec {name}",
    otherwise: "Se connecter autrement",
};

const PORTUGUESE: Texts = Texts {
    signing_in: "A sessão foi iniciada",
    go_on: "Ir para o painel",
    failed: "Não foi possível entrar",
    again: "Entrar com {name}",
    otherwise: "Entrar de outra forma",
};

const JAPANESE: Texts = Texts {
    signing_in: "サインインしました",
    go_on: "管理画面へ進む",
    failed: "サインインに失敗しました",
    again: "{name} でサインイン",
    otherwise: "別の方法でサインイン",
};

/// A page that goes on to a path of the panel by itself.
///
/// The cookie of a session is `SameSite=Strict`. A redirect would be a part of the navigation that the issuer has begun, and
/// browsers do not send such a cookie with it. What this page begins is a navigation of this server.
pub fn go_on(headers: &HeaderMap, proxy: &ProxySettings, to: &str) -> Response {
    let language = language_for(headers);
    let (texts, to) = (texts(language), escaped(to));
    let refresh = format!("<meta http-equiv=\"refresh\" content=\"0; url={to}\">");
    let body = format!(
        "<h1>{}</h1>\n<p><a class=\"button\" href=\"{to}\">{}</a></p>",
        texts.signing_in, texts.go_on
    );
    let html = document(language, proxy, texts.signing_in, &refresh, &body);
    respond(StatusCode::OK, language, html)
}

/// A page that says why somebody could not sign in. `issuer`: its name, if there is one.
pub fn not_signed_in(
    headers: &HeaderMap,
    proxy: &ProxySettings,
    issuer: Option<&str>,
    error: Error,
) -> Response {
    let language = language_for(headers);
    let (texts, base) = (texts(language), proxy.path());
    let again = issuer.map(|name| {
        let text = escaped(&texts.again.replace("{name}", name));
        format!("<a class=\"button\" href=\"{base}{BEGIN}\">{text}</a>\n")
    });
    let body = format!(
        "<h1>{}</h1>\n<p role=\"alert\">{}</p>\n<p class=\"row\">{}<a class=\"button\" href=\"{base}/admin\">{}</a></p>",
        texts.failed,
        escaped(&error.problem().detail),
        again.unwrap_or_default(),
        texts.otherwise
    );
    let html = document(language, proxy, texts.failed, "", &body);
    let mut page = respond(error.status(), language, html);
    // What is counted and audited, and how long to wait.
    let problem = error.into_response();
    let (told, _) = problem.into_parts();
    page.extensions_mut().extend(told.extensions);
    for (name, value) in &told.headers {
        if ![header::CONTENT_TYPE, header::CONTENT_LENGTH].contains(name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page
}

fn texts(language: Language) -> &'static Texts {
    match language {
        Language::English => &ENGLISH,
        Language::Spanish => &SPANISH,
        Language::German => &GERMAN,
        Language::French => &FRENCH,
        Language::Portuguese => &PORTUGUESE,
        Language::Japanese => &JAPANESE,
        Language::Chinese => &CHINESE,
    }
}

fn document(
    language: Language,
    proxy: &ProxySettings,
    title: &str,
    head: &str,
    body: &str,
) -> String {
    let manifest = Manifest::shared();
    let base = proxy.path();
    let (style, icon) = (manifest.url("main.css"), manifest.url("favicon.svg"));
    let tag = language.tag();
    format!(
        "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n{head}\n\
         <title>{title} \u{b7} Tidings</title>\n\
         <link rel=\"icon\" href=\"{base}/{icon}\">\n<link rel=\"stylesheet\" href=\"{base}/{style}\">\n</head>\n\
         <body>\n<main id=\"main\">\n<section class=\"card sign-in\">\n{body}\n</section>\n</main>\n</body>\n</html>\n"
    )
}

fn respond(status: StatusCode, language: Language, html: String) -> Response {
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    for (name, value) in policy::of_docs() {
        headers.insert(name, value);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(language.tag()),
    );
    response
}

/// A text inside HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_issuer_says_is_text() {
        assert_eq!(
            escaped("<a href=\"x\" id='y'>&"),
            "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;"
        );
    }
}
