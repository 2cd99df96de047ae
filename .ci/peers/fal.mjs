// fal's own client, unmodified, against polltop's simulator, and then polltop
// against the same requests: both have to come to the outcome that was asked for.
import { ApiError, ValidationError, createFalClient } from "@fal-ai/client";
import { equal, finish, key, simulate, wait } from "./peer.mjs";

const base = await simulate("fal");

// The client has https://queue.fal.run built in; its middleware may send a request
// elsewhere.
const clientWith = (credentials) =>
  createFalClient({
    credentials,
    requestMiddleware: async (request) => ({ ...request, url: request.url.replace("https://queue.fal.run", base) }),
  });
const fal = clientWith(key);

// made is what polltop is to find out of each request.
const made = new Map();

// submit creates a request that ends as said.
async function submit(endpoint, end, outcome, times = { run: 0.5 }) {
  const { request_id, status_url } = await fal.queue.submit(endpoint, { input: { prompt: "fog", simulate: { ...times, end } } });
  made.set(request_id, { url: status_url, end, outcome });
  return request_id;
}

// problem returns the error of a promise.
const problem = (promise) => promise.then(() => new Error("no error came"), (error) => error);

// endpoint of each kind of result, and what it must hold
const shapes = {
  "fal-ai/flux/dev": (data) => data.images[0].content_type === "image/png",
  "fal-ai/kling-video/v2/master/image-to-video": (data) => data.video.url.endsWith(".mp4"),
  "fal-ai/flux-pro/kontext": (data) => data.images[0].url.startsWith("data:image/jpeg;base64,"),
  "workflows/polltop/storyboard": (data) => data.outputs.every((url) => url.startsWith("http://")),
  "comfy/polltop/portrait": (data) => data.images[0].file_data.length > 1000,
  "fal-ai/any-llm": (data) => typeof data.output === "string",
};

async function subscribes(endpoint, right, mode) {
  const words = new Set();
  let id;
  const { data, requestId } = await fal.subscribe(endpoint, {
    input: { prompt: "fog", simulate: { queue: 0.6, run: 1.2, end: "success" } },
    logs: true, pollInterval: 100, mode,
    onEnqueue: (request) => (id = request),
    onQueueUpdate: (update) => words.add(update.status),
  });
  equal(`${endpoint}: result`, right(data), true);
  equal(`${endpoint}: request id`, requestId, id);
  equal(`${endpoint}: statuses`, [...words], ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]);
  const app = endpoint.split("/").slice(0, /^(workflows|comfy)\//.test(endpoint) ? 3 : 2).join("/");
  made.set(id, { url: `${base}/${app}/requests/${id}/status`, end: "success", outcome: "succeeded" });
}

// fails subscribes to a request that fails. The client asks again where the answer
// is 502, 503 or 504, so these take some seconds.
async function fails(end, code, kind, outcome = "failed") {
  let id;
  const error = await problem(
    fal.subscribe("fal-ai/flux/dev", {
      input: { prompt: "fog", simulate: { run: 0.5, end } }, pollInterval: 100, onEnqueue: (request) => (id = request),
    }),
  );
  equal(`${end}: error`, error instanceof kind && error.name, kind.name);
  equal(`${end}: HTTP status`, error.status, code);
  equal(`${end}: request id`, error.requestId, id);
  if (kind === ValidationError) equal(`${end}: the client reads the detail`, error.fieldErrors[0].type, end);
  const status = await fal.queue.status("fal-ai/flux/dev", { requestId: id });
  const told = ["request_timeout", "runner_disconnected", "client_cancelled"].includes(end);
  equal(`${end}: status`, [status.status, status.error_type], ["COMPLETED", told ? end : undefined]);
  made.set(id, { url: `${base}/fal-ai/flux/requests/${id}/status`, end, outcome });
}

async function cancels() {
  const queued = await submit("fal-ai/flux/dev", "success", "canceled", { queue: 3600, run: 1 });
  const running = await submit("fal-ai/flux/dev", "success", "canceled", { run: 3600 });
  const over = await submit("fal-ai/flux/dev", "success", "succeeded", { run: 0 });
  const cancel = (requestId) => fal.queue.cancel("fal-ai/flux/dev", { requestId });
  let status = await fal.queue.status("fal-ai/flux/dev", { requestId: queued });
  equal("queued: status", [status.status, status.queue_position >= 0, status.logs], ["IN_QUEUE", true, null]);
  let error = await problem(fal.queue.result("fal-ai/flux/dev", { requestId: running }));
  equal("result too early", [error.status, error.body?.detail], [400, "Request is still in progress"]);
  await cancel(queued);
  await cancel(running);
  status = await fal.queue.status("fal-ai/flux/dev", { requestId: queued });
  equal("canceled in the queue", [status.status, status.error_type], ["COMPLETED", "client_cancelled"]);
  error = await problem(fal.queue.result("fal-ai/flux/dev", { requestId: queued }));
  equal("its result", [error instanceof ApiError, error.status], [true, 499]);
  error = await problem(cancel(over));
  equal("canceled too late", [error.status, error.body?.status], [400, "ALREADY_COMPLETED"]);
  error = await problem(cancel("00000000-0000-4000-8000-000000000000"));
  equal("cancel of nothing", [error.status, error.body?.status], [404, "NOT_FOUND"]);
  status = await fal.queue.subscribeToStatus("fal-ai/flux/dev", { requestId: running, logs: true, pollInterval: 100 });
  equal("canceled while it ran", [status.status, status.error_type], ["COMPLETED", "client_cancelled"]);
  equal("logs", status.logs[0]?.message, "Loading weights");
}

async function refusals() {
  const error = await problem(clientWith("other").queue.status("fal-ai/flux/dev", { requestId: "x" }));
  equal("wrong key", error.status, 401);
  const expired = await submit("fal-ai/flux/dev", "expired", "expired");
  await fal.queue.subscribeToStatus("fal-ai/flux/dev", { requestId: expired, pollInterval: 100 });
  equal("expired", (await problem(fal.queue.result("fal-ai/flux/dev", { requestId: expired }))).status, 404);
}

await Promise.all([
  ...Object.entries(shapes).map(([endpoint, right]) => subscribes(endpoint, right, "polling")),
  subscribes("fal-ai/flux/dev", shapes["fal-ai/flux/dev"], "streaming"),
  fails("missing", 422, ValidationError),
  fails("content_policy_violation", 422, ValidationError),
  fails("image_too_small", 422, ValidationError),
  fails("internal_server_error", 500, ApiError),
  fails("request_timeout", 504, ApiError),
  fails("request_timeout_in_header", 504, ApiError),
  fails("runner_disconnected", 503, ApiError),
  fails("runner_scheduling_failure", 503, ApiError),
  fails("client_cancelled", 499, ApiError, "canceled"),
  cancels(),
  refusals(),
]);

const { code, last } = await wait(base, [...made.values()].map((request) => request.url));
for (const [id, { end, outcome }] of made) equal(`polltop on ${end}`, last.get(id)?.outcome, outcome);
equal("polltop's exit status", code, 3); // one has expired
finish("@fal-ai/client against the simulator, and polltop after it");
