"""Identity providers of others: Debian's glewlwyd and PyPI's oidc-provider-mock, each in a process of its own."""
import contextlib, http.cookiejar, json, os, shutil, sqlite3, subprocess, sys, tempfile, time, urllib.parse, urllib.request

import ports
from stack import request

SCHEMA = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"
CONFIGURATION = "/etc/glewlwyd/config-2.7.json/config.json"
# Of one site with nobody: the page is at 127.0.0.1, so that a browser comes from one site to another, as it does in earnest.
HOST = "localhost"


class _Stay(urllib.request.HTTPRedirectHandler):
    """Redirects are answers."""

    def redirect_request(self, *_):
        return None


class Visitor:
    """Somebody's browser at a provider, without its pages."""

    def __init__(self):
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), _Stay, urllib.request.ProxyHandler({}))

    def __call__(self, method, url, data=None):
        """Sends JSON, or a form where it is bytes. Returns status, `Location` and body."""
        kind = "application/x-www-form-urlencoded" if isinstance(data, bytes) else "application/json"
        body = data if data is None or isinstance(data, bytes) else json.dumps(data).encode()
        call = urllib.request.Request(url, data=body, method=method, headers={"Content-Type": kind})
        try:
            with self.opener.open(call, timeout=30) as answer:
                return answer.status, None, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers["Location"], error.read()


class Provider:
    """A program that signs people in."""

    client_id, secret = "apus", "a-secret-of-the-provider"

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="apus-identity-")
        self.port = ports.take()
        self.base = f"http://{HOST}:{self.port}"
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(20)

    def run(self, command, path):
        with open(os.path.join(self.folder, "output"), "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        end = time.time() + 30
        while time.time() < end:
            assert self.process.poll() is None, open(os.path.join(self.folder, "output"), errors="replace").read()
            with contextlib.suppress(OSError):
                if request("GET", self.base + path).status == 200:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"{command[0]} did not start")

    def settings(self, name, **more):
        """What names the provider in the settings."""
        values = {"ISSUER": self.issuer, "CLIENT_ID": self.client_id, "CLIENT_SECRET": self.secret, **more}
        return {f"APUS_OIDC_{name}_{part}": value for part, value in values.items()}


class Glewlwyd(Provider):
    """Debian's package, with a database of its own and one client."""

    def __init__(self, callback, page):
        super().__init__()
        self.callback, self.page = callback, page
        self.issuer = self.base + "/api/oidc"

    @property
    def is_there(self):
        return shutil.which("glewlwyd") is not None and os.path.exists(SCHEMA)

    def start(self):
        fresh = not os.path.exists(self.path("database"))
        if fresh:
            with open(SCHEMA) as file, contextlib.closing(sqlite3.connect(self.path("database"))) as database:
                kind = '{"multiple":%s,"read":true,"write":true,"profile-read":true,"profile-write":false},'
                more = '"verified":' + kind % "false" + '"groups":' + kind % "true"
                # Properties that its people have.
                database.executescript(file.read().replace('"user-code":', more + '"user-code":', 1))
            # It serves no file that a link leads to, and Debian's page consists of links; one of them leads to a folder.
            shutil.copytree("/usr/share/glewlwyd/webapp", self.path("page"), ignore=lambda *_: ["config.json"])
            shutil.copy(CONFIGURATION, self.path("page"))
        with open(self.path("settings"), "w") as file:
            file.write(f"""
port={self.port}
bind_address="127.0.0.1"
external_url="{self.base}"
login_url="login.html"
api_prefix="api"
static_files_path="{self.path('page')}/"
cookie_secure=0
cookie_same_site="lax"
session_expiration=2419200
session_key="GLEWLWYD2_SESSION_ID"
login_api_enabled=true
admin_scope="g_admin"
profile_scope="g_profile"
log_mode="file"
log_level="WARNING"
log_file="{self.path('log')}"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
use_secure_connection=false
secure_connection_key_file=""
secure_connection_pem_file=""
hash_algorithm="SHA512"
database={{ type="sqlite3" path="{self.path('database')}" }}
static_files_mime_types=(
  {{ extension=".html" mime_type="text/html" }}, {{ extension=".css" mime_type="text/css" }},
  {{ extension=".js" mime_type="application/javascript" }}, {{ extension=".json" mime_type="application/json" }},
  {{ extension=".woff2" mime_type="font/woff2" }}, {{ extension=".png" mime_type="image/png" }} )
""")
        self.run(["glewlwyd", "--config-file=" + self.path("settings")], "/config")
        if fresh:
            self.set_up()

    def path(self, name):
        return os.path.join(self.folder, name)

    def set_up(self):
        self.admin = Visitor()
        self.manage("POST", "auth/", {"username": "admin", "password": "password"})
        keys = {}
        run = lambda *words: subprocess.run(["openssl", *words], check=True, capture_output=True)
        run("genrsa", "-out", self.path("key"), "2048")
        run("rsa", "-in", self.path("key"), "-pubout", "-out", self.path("public"))
        for name in ("key", "public"):
            with open(self.path(name)) as file:
                keys[name] = file.read()
        claim = {"mandatory": True, "on-demand": False, "scope": []}
        self.manage("POST", "mod/plugin/", {"module": "oidc", "name": "oidc", "display_name": "OpenID Connect", "parameters": {
            "iss": self.issuer, "jwt-type": "rsa", "jwt-key-size": "256", "key": keys["key"], "cert": keys["public"],
            "access-token-duration": 3600, "refresh-token-duration": 1209600, "code-duration": 600, "refresh-token-rolling": True,
            "allow-non-oidc": False, "auth-type-code-enabled": True, "auth-type-token-enabled": False, "auth-type-id-token-enabled": False,
            "auth-type-none-enabled": False, "auth-type-password-enabled": False, "auth-type-client-enabled": False,
            "auth-type-refresh-enabled": False, "pkce-allowed": True, "pkce-method-plain-allowed": False, "pkce-required": True,
            "name-claim": "mandatory", "email-claim": "mandatory", "jwks-show": True, "session-management-allowed": True,
            "session-cookie-name": "GLEWLWYD2_OIDC_SID", "session-cookie-expiration": 2419200,
            "claims": [
                {"name": "email_verified", "user-property": "verified", "type": "boolean", "boolean-value-true": "yes",
                 "boolean-value-false": "no", **claim},
                {"name": "groups", "user-property": "groups", "type": "string", **claim}]}})
        self.manage("POST", "client/", {
            "client_id": self.client_id, "name": "Apus", "confidential": True, "client_secret": self.secret, "enabled": True,
            "redirect_uri": [self.callback], "authorization_type": ["code"], "token_endpoint_auth_method": ["client_secret_basic"],
            "scope": ["openid"], "post_logout_redirect_uri": self.page})

    def manage(self, method, path, data):
        status, _, body = self.admin(method, f"{self.base}/api/{path}", data)
        assert status == 200, (path, status, body)

    def add(self, name, password, email, verified="yes", groups=()):
        """Somebody who has an account there."""
        self.manage("POST", "user/", {
            "username": name, "password": password, "name": name.capitalize(), "email": email, "verified": verified,
            "groups": list(groups), "enabled": True, "scope": ["openid"]})

    def change(self, user, **properties):
        self.manage("PUT", "user/" + user, properties)

    def sign_in(self, address, name, password):
        """Signs somebody in as its pages do, and returns where their browser is sent then."""
        visitor = Visitor()
        status, _, body = visitor("POST", self.base + "/api/auth/", {"username": name, "password": password})
        assert status == 200, body
        status, _, body = visitor("PUT", f"{self.base}/api/auth/grant/{self.client_id}", {"scope": "openid"})
        assert status == 200, body
        status, location, body = visitor("GET", address + "&g_continue")
        assert status == 302, (status, body)
        return location


class Mock(Provider):
    """PyPI's oidc-provider-mock: whoever names a subject is signed in."""

    def __init__(self):
        super().__init__()
        self.issuer = self.base

    def start(self):
        self.run([sys.executable, "-m", "oidc_provider_mock", "--host", HOST, "--port", str(self.port)], "/.well-known/openid-configuration")

    def set(self, subject, **claims):
        answer = request("PUT", f"{self.base}/users/{urllib.parse.quote(subject)}", claims)
        assert answer.status == 204, answer.body

    def sign_in(self, address, subject):
        return self.answer(address, sub=subject)

    def answer(self, address, **form):
        """Sends the form of its page, and returns where the browser is sent then."""
        status, location, body = Visitor()("POST", address, urllib.parse.urlencode(form).encode())
        assert status == 302, (status, body)
        return location
