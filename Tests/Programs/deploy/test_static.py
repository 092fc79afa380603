"""What is deployed passes the checkers of its kind: Terraform, workflows, manifests, Dockerfiles, units, scripts."""
import glob, json, os, re, shutil, subprocess, sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))
from hcl_format import formatted
from stack import ROOT

DEPLOY = os.path.join(ROOT, "deploy")
TOOLS = os.path.join(ROOT, ".venv-deploy", "bin")
REFERENCE = os.path.join(ROOT, "..", "shared", "reference", "check_terraform.py")
STAGES = ["1-vm", "2-managed-data", "3-scale-set", "4-key-vault", "5-functions", "6-cosmos"]


def passes(*command, cwd=ROOT, allowed=(0,), **options):
    result = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, timeout=900, **options)
    assert result.returncode in allowed, (result.stdout + result.stderr)[-6000:]
    return result.stdout + result.stderr


# Terraform


@pytest.mark.skipif(not os.path.exists(REFERENCE), reason="needs the Terraform checker beside the repository")
def test_terraform_roots_and_modules_are_right():
    output = passes(f"{TOOLS}/python", REFERENCE, f"{DEPLOY}/terraform")
    assert " 0 errors" in output


def test_every_stage_is_there_and_shares_one_state():
    for stage in STAGES:
        files = os.listdir(f"{DEPLOY}/terraform/{stage}")
        assert "main.tf" in files and os.readlink(f"{DEPLOY}/terraform/{stage}/common.tf") == "../common/common.hcl"
    assert 'key              = "apus.tfstate"' in open(f"{DEPLOY}/terraform/common/common.hcl").read()


def test_terraform_is_formatted_as_its_own_tool_would():
    for path in glob.glob(f"{DEPLOY}/terraform/**/*.*", recursive=True):
        if path.endswith((".tf", ".hcl")):
            text = open(path).read()
            assert formatted(text) == text, path


def test_every_variable_is_described_with_an_example():
    for path in glob.glob(f"{DEPLOY}/terraform/**/*.tf", recursive=True) + glob.glob(f"{DEPLOY}/terraform/common/*.hcl"):
        for name, body in re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', open(path).read(), re.M | re.S):
            description = re.search(r'description = "((?:[^"\\]|\\.)*)"', body)
            assert description and len(description[1]) > 15, (path, name)


def test_no_secret_and_no_public_data_in_terraform():
    text = "".join(open(p).read() for p in glob.glob(f"{DEPLOY}/terraform/**/*.*", recursive=True) if os.path.isfile(p))
    assert not re.search(r'(access_key|primary_connection_string|administrator_password)\b', text)
    assert "password_auth_enabled         = false" in text and "shared_access_key_enabled       = false" in text
    assert "local_authentication_enabled  = false" in text


def terraform():
    return {p: open(p).read() for p in glob.glob(f"{DEPLOY}/terraform/**/*.*", recursive=True) if p.endswith((".tf", ".hcl", ".tftpl")) and not os.path.islink(p)}


def test_nothing_is_open_that_was_not_opened():
    """Who reaches the page is asked for and has no default; no rule names the Internet; the emulator is for its machine alone."""
    text = "\n".join(terraform().values())
    for name in ("page_sources",):
        for body in re.findall(rf'^variable "{name}" \{{\n(.*?)^\}}', text, re.M | re.S):
            assert "default" not in body
    assert re.search(r'variable "page_sources"', terraform()[f"{DEPLOY}/terraform/common/common.hcl"])
    assert '"Internet"' not in text and "source_address_prefix       = \"*\"" not in re.sub(r'access                      = "Deny".*?\}', "", text, flags=re.S)
    everybody = [line.strip() for line in text.splitlines() if "0.0.0.0/0" in line]
    assert everybody == ['certificate = { priority = 105, sources = var.port_80_for_certificates ? ["0.0.0.0/0"] : [], ports = ["80"] }']
    assert re.search(r'variable "port_80_for_certificates" \{[^}]*default     = false', text)
    from stack import COSMOS_KEY, STORAGE_KEY
    assert COSMOS_KEY not in text and STORAGE_KEY not in text
    for port in ("8081", "10000", "10001", "8443", "8444", "7071", "7072", "7073", "7074"):
        assert port not in text, f"port {port} of a part that is for its machine alone"


def test_every_stage_says_who_may_do_what():
    text = open(f"{DEPLOY}/terraform/common/common.hcl").read()
    assert re.search(r'check "sign_in" \{.*?condition     = var.sign_in != "none" \|\| alltrue.*?page_sources.*?sign-in', text, re.S)
    assert re.search(r'output "access" \{.*?no sign-in', text, re.S)


def test_people_sign_in_wherever_it_is_deployed_unless_somebody_says_otherwise(rendered):
    """The way in is a default of every form, and every app has the key to verify it with."""
    import yaml
    texts = terraform()
    common = texts[f"{DEPLOY}/terraform/common/common.hcl"]
    assert re.search(r'variable "sign_in" \{[^}]*default     = "local"', common)
    assert re.search(r'sign_in_settings = merge\(\{\s+APUS_SIGN_IN  = var.sign_in', common)
    for path in ("1-vm/main.tf", "2-managed-data/main.tf", "common/pages.hcl", "common/functions.hcl"):
        assert "local.sign_in_settings" in texts[f"{DEPLOY}/terraform/{path}"], path
    # Several machines sign with one key: stage 3 is given it, from stage 4 on it is in the vault.
    assert "APUS_SIGNING_KEYS = var.signing_keys" in texts[f"{DEPLOY}/terraform/3-scale-set/main.tf"]
    assert open(f"{ROOT}/docs/deploy-azure.md").read().count("APUS-SIGNING-KEYS") >= 1
    functions = yaml.safe_load(open(f"{ROOT}/docker-compose.yml"))["services"]["functions"]["environment"]
    assert functions["APUS_SIGN_IN"] == "${APUS_SIGN_IN:-local}" and functions["APUS_SIGNING_KEYS"].startswith("${APUS_SIGNING_KEYS:?")
    for path in rendered.values():
        objects = [o for o in yaml.safe_load_all(open(path)) if o]
        config = next(o["data"] for o in objects if o["kind"] == "ConfigMap" and o["metadata"]["name"] == "apus")
        assert config["APUS_SIGN_IN"] == "local" and config["APUS_PAGE_URL"] == "https://" + config["APUS_ALLOWED_HOSTS"]
        for name in ("api", "ingest"):
            pod = next(o for o in objects if o["kind"] == "Deployment" and o["metadata"]["name"] == name)["spec"]["template"]["spec"]
            sources = [source for container in pod["containers"] for source in container["envFrom"]]
            assert {"configMapRef": {"name": "apus"}} in sources and {"secretRef": {"name": "apus-settings"}} in sources
    assert "\nAPUS_SIGN_IN=local\n" in open(f"{DEPLOY}/systemd/apus.env").read()
    assert "'APUS_SIGN_IN': 'local'" in open(f"{DEPLOY}/ansible/roles/apus/templates/apus.env.j2").read()
    # Identity providers: their settings everywhere, their secrets in the vault, or in the machines' settings where there is none.
    assert re.search(r'APUS_PAGE_URL = "[^\n]*\n  \}, var\.oidc_settings,', common)
    for stage in sorted(path.split("/")[-2] for path in texts if path.endswith("/main.tf") and "/modules/" not in path):
        text = texts[f"{DEPLOY}/terraform/{stage}/main.tf"]
        assert ("var.oidc_secrets" in text) == (stage[0] in "123"), stage
        assert os.path.islink(f"{DEPLOY}/terraform/{stage}/oidc-secrets.tf") == (stage[0] in "123"), stage
    assert "APUS-OIDC-ENTRA-CLIENT-SECRET" in open(f"{ROOT}/docs/deploy-azure.md").read()
    # Nothing that is deployed is open without that somebody chose it.
    opened = [path for path, text in texts.items() if "APUS_OPEN" in text]
    assert opened == [f"{DEPLOY}/terraform/common/common.hcl"]


def test_every_form_has_all_apps(rendered):
    import yaml
    apps = sorted(os.listdir(f"{ROOT}/functions"))
    assert apps == ["account", "chat", "history", "upload"]
    texts = terraform()
    for path in ("common/functions.hcl", "modules/function-app/main.tf"):
        listed = re.search(r'(?:toset|contains)\(\[([^\]]*)\]', texts[f"{DEPLOY}/terraform/{path}"])[1]
        assert sorted(re.findall(r'"(\w+)"', listed)) == apps, path
    docker = open(f"{DEPLOY}/docker/Dockerfile").read()
    roots = re.findall(r"/apps/(\w+)=(\d+)", docker)
    assert sorted(name for name, _ in roots) == apps and set(re.search(r"^EXPOSE (7071.*)$", docker, re.M)[1].split()) == {port for _, port in roots}
    compose = yaml.safe_load(open(f"{ROOT}/docker-compose.yml"))["services"]["vm"]["environment"]
    addresses = {f"APUS_{name.upper()}_URL": port for name, port in roots}
    assert {name: compose[name].rsplit(":", 1)[1] for name in addresses} == addresses
    for path in rendered.values():
        objects = {(o["kind"], o["metadata"]["name"]): o for o in yaml.safe_load_all(open(path)) if o}
        api = objects["Deployment", "api"]["spec"]["template"]["spec"]["containers"][0]
        assert re.findall(r"/apps/(\w+)=(\d+)", " ".join(api["args"])) == roots
        assert {str(port["port"]) for port in objects["Service", "api"]["spec"]["ports"]} == {port for _, port in roots}
        allowed = objects["NetworkPolicy", "api"]["spec"]["ingress"][0]["ports"]
        assert {str(port["port"]) for port in allowed} == {port for _, port in roots}
        page = {entry["name"]: entry.get("value") for entry in objects["Deployment", "page"]["spec"]["template"]["spec"]["containers"][0]["env"]}
        assert {name: page[name].rsplit(":", 1)[1] for name in addresses} == addresses
    script = open(f"{DEPLOY}/scripts/deploy-apps").read()
    assert [sorted(words.split()) for words in re.findall(r"^for app in ([a-z ]+); do$", script, re.M)] == [apps, apps]


def test_the_page_knows_its_name_wherever_it_is_deployed(rendered):
    """Every server of ours answers to names that it was given alone."""
    import yaml
    texts = terraform()
    assert "APUS_ALLOWED_HOSTS = var.domain" in texts[f"{DEPLOY}/terraform/modules/machine-setup/main.tf"]
    assert "APUS_ALLOWED_HOSTS  = var.domain" in texts[f"{DEPLOY}/terraform/common/pages.hcl"]
    services = yaml.safe_load(open(f"{ROOT}/docker-compose.yml"))["services"]
    asked = set(re.findall(r"http://([a-z]+):\d+", yaml.safe_dump(services))) | {"apus"}
    named = {name for service in services.values() for name in service.get("environment", {}).get("APUS_ALLOWED_HOSTS", "").split(",")}
    assert asked <= named, asked - named
    for path in rendered.values():
        objects = [o for o in yaml.safe_load_all(open(path)) if o]
        hosts = {rule["host"] for o in objects if o["kind"] == "Ingress" for rule in o["spec"]["rules"]}
        config = next(o["data"] for o in objects if o["kind"] == "ConfigMap" and o["metadata"]["name"] == "apus")
        assert hosts == {config["APUS_ALLOWED_HOSTS"]}
        pods = {o["metadata"]["name"]: o["spec"]["template"]["spec"] for o in objects if o["kind"] in ("Deployment", "StatefulSet")}
        names = {name: next((e.get("value") or e["valueFrom"]["configMapKeyRef"]["key"] for c in pod["containers"] for e in c.get("env", []) if e["name"] == "APUS_ALLOWED_HOSTS"), None) for name, pod in pods.items()}
        assert names["api"] == "api" and names["vectors"] == "vectors" and names["page"] == "APUS_ALLOWED_HOSTS"
        assert names.get("azure", "azure") == "azure"


def test_machines_understand_their_first_instructions(tmp_path):
    """The cloud-init template, filled in by Terraform's rules, is YAML that says what it should."""
    import yaml
    template = open(f"{DEPLOY}/terraform/modules/machine-setup/cloud-init.yaml.tftpl").read()
    values = {
        "package_url": "https://example.com/apus.deb", "package_sha256": "0" * 64, "domain": "docs.example.com",
        "units": ["apus.service"], "settings": {"APUS_MODELS": "extractive", "A": "b='c' d"}, "page_address": "127.0.0.1",
        "shared_ports": [8000, 8001], "has_data_disk": True}
    parsed = yaml.safe_load(render(template, values))
    assert parsed["packages"][-2:] == ["caddy", "socat"]
    files = {entry["path"]: entry["content"] for entry in parsed["write_files"]}
    assert "APUS_MODELS=extractive\nA=b='c' d" in files["/etc/apus/apus.env"]
    assert files["/etc/caddy/Caddyfile"].startswith("docs.example.com {")
    assert ["systemctl", "enable", "--now", "apus.service"] in parsed["runcmd"]
    assert parsed["mounts"][0][1] == "/var/lib/apus"
    bare = yaml.safe_load(render(template, {**values, "domain": None, "shared_ports": [], "has_data_disk": False}))
    assert "caddy" not in bare["packages"] and "mounts" not in bare
    if shutil.which("cloud-init"):
        path = tmp_path / "user-data.yaml"
        path.write_text(render(template, values))
        passes("cloud-init", "schema", "--config-file", path)


def render(template, values):
    """Terraform's template language as far as the file uses it: for, if, interpolation, and ~ that eats white space."""
    lines, output, stack = template.splitlines(keepends=True), [], []

    def run(index, scope, live):
        while index < len(lines):
            line = lines[index]
            directive = re.fullmatch(r"%\{ (.*?) ~\}\n", line)
            if not directive:
                if live:
                    output.append(re.sub(r"\$\{(\w+)\}", lambda m: str(scope[m[1]]), line))
                index += 1
                continue
            words = directive[1]
            if words in ("endif", "endfor"):
                return index + 1
            if words.startswith("if "):
                condition = words[3:].replace("!= null", "is not None").replace("length(", "len(")
                index = run(index + 1, scope, live and bool(eval(condition, {"len": len}, scope)))
                continue
            names, source = re.fullmatch(r"for (.+) in (\w+)", words).groups()
            items = scope[source].items() if isinstance(scope[source], dict) else [(x,) for x in scope[source]]
            end = None
            for item in items if live else []:
                end = run(index + 1, {**scope, **dict(zip(names.split(", "), item))}, live)
            index = end if end is not None else run(index + 1, scope, False)
        return index

    run(0, dict(values), True)
    return "".join(output)


# Documentation


def test_the_diagrams_are_those_that_their_program_draws():
    before = {path: open(path).read() for path in glob.glob(f"{ROOT}/docs/diagrams/*.svg")}
    passes(f"{ROOT}/docs/diagrams/draw")
    assert before == {path: open(path).read() for path in before} and len(before) == len(STAGES)


# Security scan


def test_the_security_scan_finds_nothing(rendered):
    scan = f"{ROOT}/.venv-checkov/bin/checkov"
    config = ["--config-file", f"{DEPLOY}/checkov.yaml"]
    for framework in ("terraform", "dockerfile"):
        output = passes(scan, "-d", DEPLOY, "--framework", framework, *config)
        assert "Failed checks: 0" in output
    passes(scan, "-d", f"{ROOT}/.github", "--framework", "github_actions", *config)
    for path in rendered.values():
        assert "Failed checks: 0" in passes(scan, "-f", path, "--framework", "kubernetes", *config)


def test_every_exception_of_the_scan_has_a_reason():
    lines = open(f"{DEPLOY}/checkov.yaml").read().split("skip-check:\n")[1].splitlines()
    assert lines[0].strip().startswith("#")
    assert sum(line.strip().startswith("#") for line in lines) >= 10


# Workflows


def workflows():
    return sorted(glob.glob(f"{ROOT}/.github/workflows/*.yml"))


def test_workflows_follow_their_schema():
    passes(f"{TOOLS}/check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows())
    passes(f"{TOOLS}/check-jsonschema", "--builtin-schema", "custom.github-workflows-require-timeout", *workflows())
    passes(f"{TOOLS}/check-jsonschema", "--builtin-schema", "vendor.dependabot", f"{ROOT}/.github/dependabot.yml")


def test_workflows_are_safe():
    passes(f"{TOOLS}/zizmor", "--offline", "--min-severity", "low", f"{ROOT}/.github")
    for path in workflows():
        for action in re.findall(r"uses: (\S+)", open(path).read()):
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), f"{path}: {action} is not pinned by its commit"


def test_tokens_for_azure_are_an_environment_s(tmp_path):
    """The identity of a plan is as good as its script, and that is any branch's: somebody has to let it pass."""
    import yaml
    for path in workflows():
        for name, job in yaml.safe_load(open(path))["jobs"].items():
            if (job.get("permissions") or {}).get("id-token") == "write":
                assert job.get("environment") in ("plan", "production", "release"), f"{path}: {name}"
    guide = open(f"{ROOT}/docs/deploy-azure.md").read()
    assert 'repo:$REPO:environment:plan"' in guide and 'repo:$REPO:environment:production"' in guide
    assert "$REPO:pull_request" not in guide and "$REPO:ref:" not in guide


def test_packages_are_made_anew_on_a_schedule():
    import yaml
    # YAML's "on" is true.
    rebuild = yaml.safe_load(open(f"{ROOT}/.github/workflows/rebuild.yml"))
    steps = "\n".join(step.get("run", "") for step in rebuild["jobs"]["rebuild"]["steps"])
    assert rebuild[True]["schedule"] and "apt-get upgrade" in steps and "make package" in steps and "apus doctor" in steps


def test_workflow_steps_are_sound_shell(tmp_path):
    import yaml
    for path in workflows():
        for name, job in yaml.safe_load(open(path))["jobs"].items():
            for index, step in enumerate(job["steps"]):
                if "run" in step:
                    script = tmp_path / f"{name}-{index}.sh"
                    script.write_text("#!/usr/bin/env bash\nset -euo pipefail\n" + step["run"] + "\n")
                    # Quotes around a backtick are Markdown's here.
                    passes("shellcheck", "-e", "SC2016", script)


# Containers and Kubernetes


@pytest.fixture(scope="session")
def rendered(tmp_path_factory):
    """The manifests of both overlays as files."""
    folder = tmp_path_factory.mktemp("manifests")
    paths = {}
    for overlay in ("standalone", "ha"):
        result = subprocess.run(
            ["kubectl", "kustomize", f"{DEPLOY}/kubernetes/overlays/{overlay}"], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        paths[overlay] = folder / f"{overlay}.yaml"
        paths[overlay].write_text(result.stdout)
    return paths


@pytest.mark.parametrize("version", ["1.28", "1.31", "1.34"])
@pytest.mark.parametrize("overlay", ["standalone", "ha"])
def test_manifests_follow_the_schemas(rendered, overlay, version):
    passes(f"{TOOLS}/kubernetes-validate", "--strict", "-k", version, rendered[overlay])


def test_manifests_hang_together(rendered):
    import yaml
    for overlay, path in rendered.items():
        objects = [o for o in yaml.safe_load_all(open(path)) if o]
        names = {(o["kind"], o["metadata"]["name"]) for o in objects}
        pods = {o["metadata"]["name"]: o["spec"]["template"] for o in objects if o["kind"] in ("Deployment", "StatefulSet")}
        for o in objects:
            if o["kind"] == "Service":
                assert any(o["spec"]["selector"].items() <= pod["metadata"]["labels"].items() for pod in pods.values()), o
                ports = {p["name"] for pod in pods.values() for c in pod["spec"]["containers"] for p in c["ports"]}
                assert {p["targetPort"] for p in o["spec"]["ports"]} <= ports
            if o["kind"] == "HorizontalPodAutoscaler":
                assert (o["spec"]["scaleTargetRef"]["kind"], o["spec"]["scaleTargetRef"]["name"]) in names
        for name, pod in pods.items():
            for container in pod["spec"]["containers"]:
                assert {"requests", "limits"} <= container["resources"].keys(), name
                assert container["readinessProbe"] and container["livenessProbe"]
                assert container["securityContext"]["readOnlyRootFilesystem"] is True
                for source in container.get("envFrom", []):
                    if "configMapRef" in source:
                        assert ("ConfigMap", source["configMapRef"]["name"]) in names
        kinds = {kind for kind, _ in names}
        assert {"NetworkPolicy", "Ingress", "Namespace"} <= kinds
        if overlay == "ha":
            assert {"HorizontalPodAutoscaler", "PodDisruptionBudget"} <= kinds


def test_dockerfiles_are_sound():
    passes(f"{TOOLS}/hadolint", "--failure-threshold", "warning", f"{DEPLOY}/docker/Dockerfile")
    text = open(f"{DEPLOY}/docker/Dockerfile").read()
    for stage in ("vm-server", "functions", "azure-handler"):
        body = text.split(f" AS {stage}\n")[1].split("\nFROM ")[0]
        assert "USER 10001:10001" in body and "HEALTHCHECK" in body, stage


def test_compose_follows_its_schema():
    path = f"{ROOT}/docker-compose.yml"
    passes(f"{TOOLS}/check-jsonschema", "--builtin-schema", "vendor.compose-spec", path)
    import yaml
    services = yaml.safe_load(open(path))["services"]
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published and all(port.startswith("127.0.0.1:") for port in published), "loopback unless asked"
    for service in services.values():
        for volume in service.get("volumes", []):
            if volume.startswith("./"):
                assert os.path.exists(os.path.join(ROOT, volume.split(":")[0])), volume


def test_health_checks_of_the_images_work(stack):
    """The images' own health check, against the running programs."""
    text = open(f"{DEPLOY}/docker/Dockerfile").read()
    commands = [json.loads(line) for line in re.findall(r"^    CMD (\[.*\])$", text, re.M)]
    assert len(commands) == 3
    ports = {"8000": stack.ports["vectors"], "7071": stack.ports["chat"], "8080": stack.ports["chat"]}
    for command in commands:
        for port, actual in ports.items():
            command = [word.replace(f"127.0.0.1/{port} ", f"127.0.0.1/{actual} ") for word in command]
        passes(*command)
        wrong = [re.sub(r"(/dev/tcp/127.0.0.1/)\d+", r"\g<1>1", word) for word in command]
        assert subprocess.run(wrong, capture_output=True).returncode != 0


# Units, scripts, YAML


@pytest.mark.parametrize("path", sorted(glob.glob(f"{DEPLOY}/systemd/*.service")), ids=os.path.basename)
def test_units_are_hardened(path):
    passes("systemd-analyze", "security", "--offline=true", "--threshold=20", path)


def test_units_are_valid_in_the_package(vm_package, tmp_path):
    tree = tmp_path / "tree"
    passes("dpkg-deb", "-x", vm_package, tree)
    units = sorted(os.listdir(tree / "lib/systemd/system"))
    assert units == [
        "apus-backup.service", "apus-backup.timer", "apus-messages.service", "apus-vm.service", "apus-vm.socket", "apus.service"]
    # Where the units' programs are, as if the package were installed.
    os.makedirs(tree / "usr/lib/systemd", exist_ok=True)
    for unit in units:
        output = passes("systemd-analyze", "verify", "--man=no", f"--root={tree}", unit, allowed=(0, 1))
        ours = [line for line in output.splitlines() if "apus" in line and "not found" not in line]
        assert not ours, output


@pytest.fixture(scope="session")
def vm_package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vm")
    passes(f"{ROOT}/.build/release/apus", "package", "vm", "--output", folder)
    [path] = glob.glob(f"{folder}/*.deb")
    return path


def test_the_debian_package_is_complete(vm_package):
    fields = passes("dpkg-deb", "-f", vm_package)
    assert "Package: apus-vm" in fields and "poppler-utils" in fields and "poppler-data" in fields and "libdnnl2" in fields
    names = passes("dpkg-deb", "-c", vm_package)
    for name in ("bin/vm-server", "apps/chat/handler", "web/index.html", "models/all-MiniLM-L6-v2/model.safetensors", "etc/apus/apus.env"):
        assert name in names, name
    passes("sh", "-c", f"cd {os.path.dirname(vm_package)} && sha256sum -c *.sha256")


def test_scripts_are_sound_shell():
    scripts = [p for p in glob.glob(f"{ROOT}/scripts/*") + glob.glob(f"{DEPLOY}/scripts/*") + [f"{ROOT}/.ci/run"] if "python" not in open(p).readline()]
    passes("shellcheck", *scripts, *(f"{DEPLOY}/systemd/{name}" for name in ("postinst", "prerm", "postrm")))


def test_yaml_is_tidy():
    rules = "{extends: default, rules: {line-length: {max: 320}, document-start: disable, truthy: disable, braces: {max-spaces-inside: 1}, comments: disable, indentation: disable}}"
    passes(f"{TOOLS}/yamllint", "-s", "-d", rules, ".github", "deploy/kubernetes", "deploy/monitoring", "deploy/ansible", "docker-compose.yml")
