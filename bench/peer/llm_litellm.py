"""LiteLLM's Router, a deployment for each key, as its documentation sets it up: requests a minute are given, shuffle by them."""
import os

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
import litellm
from litellm import Router

litellm.suppress_debug_info = True
litellm.telemetry = False


async def open_pool(spec):
    deployments = [{
        "model_name": "risk",
        "litellm_params": {
            "model": "openai/fake",
            "api_base": key["baseUrl"],
            "api_key": key["secret"],
            # It knows no accounts: each key gets its part of what its account allows.
            "rpm": int(key["per_second"] * 60 / key["keys_in_group"]),
        },
    } for key in spec["keys"]]
    router = Router(model_list=deployments, num_retries=2, timeout=spec["deadline_ms"] / 1000)

    async def ask(messages):
        response = await router.acompletion("risk", messages=messages, response_format={"type": "json_object"})
        return response.choices[0].message.content

    return ask
