// polltop against the fal queue of aimock, a mock server of others: it ends with the
// word CANCELLED, gives addresses on fal's own host, and knows nothing of apps.
import { LLMock } from "@copilotkit/aimock";
import { equal, finish, wait } from "./peer.mjs";

const mock = new LLMock({ port: 0, falQueue: { pollsBeforeInProgress: 2, pollsBeforeCompleted: 4 } });
mock.onFalImage("fal-ai/flux/dev", { images: [{ url: "https://mock.example/a.png" }] }, { billableUnits: 2 });
mock.onFalVideo("fal-ai/kling-video/v2", { video: { url: "https://mock.example/b.mp4" } });
mock.onFalQueue("workflows/me/flow", { outputs: ["https://mock.example/c.png"] });
await mock.start();
const base = `${mock.url}/fal`;
const host = { "x-fal-target-host": "queue.fal.run" };

async function call(method, path, body) {
  const answer = await fetch(`${base}/${path}`, {
    method, headers: { ...host, "content-type": "application/json" }, body: body && JSON.stringify(body),
  });
  return answer.json();
}

const wanted = new Map();

async function submit(endpoint, outcome) {
  const { request_id } = await call("POST", endpoint, { prompt: "fog" });
  wanted.set(request_id, { endpoint, outcome });
  return request_id;
}

for (let i = 0; i < 5; i++) {
  await submit("fal-ai/flux/dev", "succeeded");
  await submit("fal-ai/kling-video/v2", "succeeded");
  await submit("workflows/me/flow", "succeeded");
  const id = await submit("fal-ai/flux/dev", "canceled");
  equal("cancel", await call("PUT", `fal-ai/flux/dev/requests/${id}/cancel`), { status: "CANCELLED" });
}

const urls = [...wanted].map(([id, { endpoint }]) => `${base}/${endpoint}/requests/${id}/status`);
const { code, last } = await wait(base, urls, ["-H", "x-fal-target-host: queue.fal.run"]);
for (const [id, { endpoint, outcome }] of wanted) equal(`${outcome} on ${endpoint}`, last.get(id)?.outcome, outcome);
const words = [...last.values()].filter((event) => event.outcome === "canceled").map((event) => event.status);
equal("the service's own word", new Set(words), new Set(["CANCELLED"]));
equal("polltop's exit status", code, 1); // some are canceled
await mock.stop();
finish("polltop against @copilotkit/aimock");
