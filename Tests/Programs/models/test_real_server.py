"""A real server of the formats, which others wrote: LiteLLM's proxy with answers that it makes up itself."""
import os, signal, subprocess, tempfile, time

import pytest

from chat_handler import ChatHandler
import ports
from stack import ROOT, request

PROXY = os.path.join(ROOT, ".venv-proxy", "bin", "litellm")
CONFIGURATION = """
model_list:
  - model_name: mock
    litellm_params: {model: openai/gpt-4o-mini, mock_response: "Hello from a real server", api_key: none}
  - model_name: limited
    litellm_params: {model: openai/gpt-4o-mini, mock_response: "litellm.RateLimitError", api_key: none}
litellm_settings: {telemetry: false, num_retries: 0}
router_settings: {num_retries: 0, disable_cooldowns: true}
general_settings: {master_key: sk-test}
"""


@pytest.fixture(scope="module")
def proxy():
    port = ports.take()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "config.yaml")
        with open(path, "w") as file:
            file.write(CONFIGURATION)
        log = open(os.path.join(folder, "log.txt"), "w+")
        environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
        process = subprocess.Popen([PROXY, "--config", path, "--host", "127.0.0.1", "--port", str(port)], stdout=log, stderr=log, env=environment, cwd=folder, start_new_session=True)
        try:
            end = time.time() + 90
            while True:
                try:
                    if request("GET", f"http://127.0.0.1:{port}/health/liveliness").status == 200:
                        break
                except OSError:
                    pass
                log.seek(0)
                assert process.poll() is None and time.time() < end, log.read()[-2000:]
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)


@pytest.mark.parametrize("name,settings", [
    ("openai:mock", {"OPENAI_BASE_URL": "{url}/v1", "OPENAI_API_KEY": "sk-test"}), ("vllm:mock", {"VLLM_BASE_URL": "{url}", "VLLM_API_KEY": "sk-test"}),
    ("anthropic:mock", {"ANTHROPIC_BASE_URL": "{url}", "ANTHROPIC_API_KEY": "sk-test"}), ("gemini:mock", {"GOOGLE_GEMINI_BASE_URL": "{url}", "GEMINI_API_KEY": "sk-test"})])
def test_answers_and_unknown_models(stack, proxy, name, settings):
    filled = {k: v.replace("{url}", proxy) for k, v in settings.items()}
    handler = ChatHandler(stack, {"APUS_MODELS": f"{name},{name.split(':')[0]}:unknown", **filled})
    try:
        answer = handler.complete(name, "Hello?", max_tokens=50).json
        assert answer["choices"][0]["message"]["content"] == "Hello from a real server" and answer["choices"][0]["finish_reason"] == "stop"
        # It does not know the second model, and the first one takes over.
        answer = handler.complete(name.split(":")[0] + ":unknown", "Hello?").json
        assert answer["receipt"]["attempts"][0]["failure"] and answer["receipt"]["model"] == name
    finally:
        handler.close()


def test_a_rate_limit_of_a_real_server(stack, proxy):
    handler = ChatHandler(stack, {"APUS_MODELS": "openai:limited,groq:mock", "OPENAI_BASE_URL": proxy + "/v1", "OPENAI_API_KEY": "sk-test", "GROQ_BASE_URL": proxy + "/v1", "GROQ_API_KEY": "sk-test"})
    try:
        receipt = handler.complete("openai:limited").json["receipt"]
        assert receipt["attempts"][0]["failure"] == "rate_limited" and receipt["model"] == "groq:mock"
    finally:
        handler.close()
