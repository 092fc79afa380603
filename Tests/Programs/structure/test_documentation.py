"""What README and docs name is there: links, cited sections, settings, commands, options, files."""
import functools, glob, json, os, re, subprocess

import pytest
import yaml

import reference
from stack import PROGRAMS, ROOT

PAGES = sorted(
    os.path.relpath(path, ROOT)
    for path in [*glob.glob(f"{ROOT}/*.md"), *glob.glob(f"{ROOT}/docs/**/*.md", recursive=True), *glob.glob(f"{ROOT}/.github/**/*.md", recursive=True)])
OURS = ["apus", "vm-server", "azure-emulator", "functions-host"]
CITATION = re.compile(r"docs/reference/([\w-]+\.md)((?:,? (?:and |to )?(?:sections? )?\d+(?:\.\d+)?)*)")
# A setting is a name of this shape that a program reads; these have it, too.
SETTING = r"AzureWebJobsStorage|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
NOT_SETTINGS = {
    "languages, encodings and threads of child processes": r"LC_ALL|GCONV_PATH|OMP_THREAD_LIMIT",
    "what every program and its libraries read": r"SSL_CERT_DIR|LD_LIBRARY_PATH|HTTPS_PROXY|ALL_PROXY|NO_PROXY|LLVM_PROFILE_FILE|SWIFT_BACKTRACE",
    "what systemd hands over": r"LISTEN_\w+",
    "what the host tells handlers, or reads as Azure's does": r"FUNCTIONS_(?!REQUEST_BODY_SIZE_LIMIT)\w+|WEBSITE_\w+|AZURE_FUNCTIONS_ENVIRONMENT",
    "the time of a reproducible package": r"SOURCE_DATE_EPOCH",
    "symbols of the character converter": r"UCNV_\w+",
    "names of encodings": r"UTF_8",
    "ends of the names of an identity provider's settings": r"CLIENT_ID|CLIENT_SECRET|ROLES_CLAIM",
}
# The words of languages and formats, not of our settings.
WORDS_OF_OTHERS = ("Sources/Emulator/CosmosQuery/", "Sources/Product/Models/Formats/")
# Names that are put together in the code.
IDENTITY_PROVIDER = r"APUS_OIDC_[A-Z0-9]+_(ISSUER|CLIENT_ID|CLIENT_SECRET|LABEL|SCOPES|PEOPLE|LOGIN|REQUIRE|ADMINISTRATOR|ROLES|ROLES_CLAIM)"
COMPOSED = r"OTEL_(METRICS|TRACES)_EXPORTER|OTEL_EXPORTER_OTLP_((METRICS|TRACES)_)?(ENDPOINT|HEADERS|PROTOCOL|COMPRESSION|CERTIFICATE)"


@functools.cache
def text(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def files(*folders, endings=(".swift", ".c", ".h", ".py", ".js")):
    for folder in folders:
        for parent, _, names in os.walk(os.path.join(ROOT, folder)):
            yield from (os.path.relpath(os.path.join(parent, name), ROOT) for name in names if name.endswith(endings))


def without_code(page):
    return re.sub(r"```.*?```|`[^`\n]*`", "", text(page), flags=re.S)


def code(page):
    """What a page shows as code: the lines of its blocks, where a backslash joins them, and its spans."""
    blocks = re.findall(r"^ *```[^\n]*\n(.*?)^ *```", text(page), re.S | re.M)
    lines = [line for block in blocks for line in re.sub(r"\\\n\s*", " ", block).splitlines()]
    paragraphs = re.sub(r"^ *```.*?^ *```", "", text(page), flags=re.S | re.M).split("\n\n")
    return lines + [" ".join(span.split()) for paragraph in paragraphs for span in re.findall(r"`([^`]+)`", paragraph)]


def anchors(page):
    """The headings of a page as GitHub makes anchors of them."""
    made = []
    for heading in re.findall(r"^#{1,6} +(.*?) *$", re.sub(r"^```.*?^```", "", text(page), flags=re.S | re.M), re.M):
        anchor = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()).replace(" ", "-")
        made.append(anchor if anchor not in made else f"{anchor}-{made.count(anchor)}")
    return made


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]*)(?:#([\w-]+))?\)", without_code(page))
    for target, anchor in links:
        if re.match(r"\w+:", target):
            continue
        path = os.path.normpath(os.path.join(os.path.dirname(page), target)) if target else page
        assert os.path.exists(os.path.join(ROOT, path)), f"{page}: {target}"
        assert not anchor or anchor in anchors(path), f"{page}: {target}#{anchor}"


def test_every_page_has_a_line_in_the_index():
    index = text("docs/README.md")
    for page in PAGES:
        if page.startswith("docs/") and page != "docs/README.md":
            assert f"]({os.path.relpath(page, 'docs')})" in index, page
    assert "](docs/README.md)" in text("README.md")


def test_cited_sections_exist():
    count = 0
    for path in [*files("Sources", "Tests", "Examples", "web/js"), *PAGES]:
        body = text(path)
        cited = CITATION.findall(body)
        if path.startswith("docs/"):
            cited += re.findall(r"\]\((?:reference/)?([\w-]+\.md)\)(,? \(?\d+\.\d+(?:, \d+\.\d+)*)", body)
        for page, numbers in cited:
            assert os.path.exists(os.path.join(reference.FOLDER, page)), f"{path}: docs/reference/{page}"
            for number in re.findall(r"\d+(?:\.\d+)?", numbers):
                assert number in reference.sections(page), f"{path}: docs/reference/{page} has no section {number}"
                count += 1
    assert count > 80


def test_sources_cite_no_page_that_is_not_here():
    named = re.compile(r"(?<![\w/.-])((?:docs|deploy|scripts|Sources|Tests|functions)/[\w./+-]+\.\w+)(?![\w*{])")
    for path in files("Sources", "Examples", "web/js"):
        for comment in re.findall(r"^\s*(?://|\*|#).*$|//.*$", text(path), re.M):
            for page in named.findall(comment):
                assert os.path.exists(os.path.join(ROOT, page)), f"{path}: {page}"


def settings_of_the_sources():
    names = set()
    for path in files("Sources", endings=(".swift",)):
        if not path.startswith(WORDS_OF_OTHERS):
            names |= set(re.findall(rf'"({SETTING})"', text(path)))
    others = re.compile("|".join(NOT_SETTINGS.values()))
    return {name for name in names if not others.fullmatch(name)}


def test_settings_are_those_that_the_sources_read():
    read = settings_of_the_sources()
    told = {name for span in code("docs/settings.md") for name in re.findall(rf"\b(?:{SETTING})\b", span)} - {"IDENTITY"}
    told = {name for name in told if not name.startswith("OTEL_")}
    assert told - read == set(), "docs/settings.md names what no program reads"
    assert {name for name in read if not name.startswith("OTEL_")} - told == set(), "docs/settings.md lacks settings"


def test_variables_of_opentelemetry_are_those_that_the_sources_read():
    read = {name for name in settings_of_the_sources() if name.startswith("OTEL_")}
    told = {name for span in code("docs/operate.md") for name in re.findall(r"\bOTEL_[A-Z_]+\b", span)}
    assert {name for name in told - read if not re.fullmatch(COMPOSED, name)} == set()
    assert {name for name in read - told if not re.fullmatch(COMPOSED, name)} == set()


def test_whatever_sets_a_setting_names_one_that_there_is():
    known = settings_of_the_sources()
    # Variables of the Makefile and of the pipelines.
    pipelines = " ".join(text(path) for path in files(".github/workflows", endings=(".yml",)))
    tests = " ".join(text(path) for path in files("Tests/Units", endings=(".swift",)))
    elsewhere = {"APUS_ARGS", *re.findall(r"(?:vars|secrets)\.(APUS_\w+)", pipelines), *re.findall(r'"(APUS_TEST_\w+)"', tests)}
    deployed = [path for path in files("deploy", "docs", endings=(".md", ".yml", ".yaml", ".hcl", ".tf", ".tftpl", ".j2", ".env", ".service"))]
    for path in [*PAGES, *deployed, "docker-compose.yml"]:
        for name in re.findall(r"\bAPUS_[A-Z_]*[A-Z]\b", text(path)):
            assert name in known | elsewhere or re.fullmatch(IDENTITY_PROVIDER, name), f"{path}: {name}"


def test_the_settings_of_identity_providers_are_told():
    source = text("Sources/Product/Accounts/OpenID/ProviderSettings.swift")
    ends = re.findall(r'^        case \w+ = "([A-Z_]+)"$', source, re.M)
    assert len(ends) == 11
    told = {name for name in re.findall(r"APUS_OIDC_<NAME>_([A-Z_]+)", text("docs/accounts.md") + text("docs/settings.md"))}
    assert set(ends) - told == {"LABEL"} and "_LABEL" in text("docs/settings.md")
    assert all(re.fullmatch(IDENTITY_PROVIDER, "APUS_OIDC_A_" + end) for end in ends)
    passed = yaml.safe_load(text("docker-compose.yml"))["services"]["functions"]["environment"]
    assert all("APUS_OIDC_SSO_" + end in passed for end in ends)


def test_compose_passes_on_what_every_provider_needs():
    passed = yaml.safe_load(text("docker-compose.yml"))["services"]["functions"]["environment"]
    table = text("docs/settings.md").split("## Language models")[1].split("\n## ")[0]
    for name in re.findall(rf"`({SETTING})`", table):
        assert name in passed, name


@pytest.mark.parametrize("page", PAGES)
def test_targets_of_make_exist(page):
    targets = set(re.findall(r"^([\w-]+):", text("Makefile"), re.M))
    for shown in code(page):
        for target in re.findall(r"(?:^|[;&|] *|\w+=\S+ )make ([a-z][\w-]*)", shown):
            assert target in targets, f"{page}: make {target}"


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_names_exist(page):
    tops = "Sources|Tests|docs|deploy|scripts|functions|web|Examples|\\.github|\\.ci"
    # To kubectl deploy/NAME is a deployment.
    for shown in (shown for shown in code(page) if "kubectl" not in shown):
        for path in re.findall(rf"(?<![\w/.~$-])((?:\./)?(?:{tops})/[\w./+*-]+)", shown):
            place = re.sub(r"/NAME/", "/*/", path.rstrip("."))
            # Somebody's own values, which the repository does not take.
            if place.endswith(".tfvars"):
                continue
            assert glob.glob(os.path.join(ROOT, place)), f"{page}: {path}"


@functools.cache
def help_of(program, *command):
    path = os.path.join(PROGRAMS, program)
    if not os.path.exists(path):
        pytest.skip("needs the programs; make build")
    return subprocess.run([path, *command, "--help"], capture_output=True, text=True, timeout=20, check=True).stdout


def options_of(program):
    # A command with options of its own lists them itself.
    helps = [help_of(program), *([help_of(program, "eval")] if program == "apus" else [])]
    return {option for text in helps for option in re.findall(r"^  (--[a-z][\w-]*)", text, re.M)}


# The pages about others' protocols name others' options.
@pytest.mark.parametrize("page", [page for page in PAGES if not page.startswith("docs/reference/")])
def test_options_that_a_page_names_exist(page):
    known = {program: options_of(program) for program in OURS}
    for shown in code(page):
        # An option by itself belongs to one of our programs.
        if shown.startswith("--"):
            for option in re.findall(r"--[a-z][\w-]*", shown):
                assert any(option in options for options in known.values()), f"{page}: {option}"
        for program, rest in re.findall(rf"(?:^|[;&|] *|(?:bin|release)/|sudo (?:-u \S+ )?)({'|'.join(OURS)}) ((?:(?! *(?:[;|&]|#)).)*)", shown):
            for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", rest):
                assert option in known[program], f"{page}: {program} {option}"


@pytest.mark.parametrize("page", PAGES)
def test_commands_that_a_page_names_exist(page):
    listed = set(re.findall(r"^  ([a-z]+)(?: |$)", help_of("apus"), re.M))
    assert {"up", "backup"} <= listed
    for shown in code(page):
        for command in re.findall(r"^(?:\.build/release/)?apus ([a-z]+)\b", shown):
            assert command in listed, f"{page}: apus {command}"


def test_the_list_of_functions_is_that_of_the_app_folders():
    listed = re.findall(r"^functions-host      (\S+: .*)$", text("README.md"), re.M)
    made = []
    for port, app in ((7071, "chat"), (7072, "upload"), (7073, "history"), (7074, "account")):
        for path in sorted(glob.glob(f"{ROOT}/functions/{app}/*/function.json")):
            trigger = json.loads(text(path))["bindings"][0]
            name = os.path.basename(os.path.dirname(path))
            methods = ",".join(trigger.get("methods", [])).upper()
            made.append(f"{name}: [{methods}] http://localhost:{port}/{trigger['route']}" if methods else f"{name}: {trigger['type']}")
    assert listed == made
