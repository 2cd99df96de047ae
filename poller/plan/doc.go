// Package plan decides which task of a host to poll next.
//
// Polling all tasks one after another (round-robin) finds each end late: of 2,000 tasks at 20 requests/s, 50 s late on average. A
// Planner polls the task for which a poll is expected to save most delay: the time from the end of a task to the answer that
// reports it.
//
//  1. Run times (runtimes.go). For each endpoint it learns what share S(t) of the tasks runs longer than t seconds. Tasks that
//     still run count for as long as they have. From S follows how likely a task has ended since it was last seen running.
//  2. Starts (starts.go, observe.go). A run time counts from a start that is seldom seen. Many services start tasks in the order
//     of their submission. Then there is a frontier: the tasks before it have started, those behind it wait. Each end frees a
//     worker and moves the frontier by one task, which has started then without having been polled. Polls show whether there is
//     an order. Without one, a task starts when as many have ended as the service says are before it, or at the rate of others.
//  3. Worth and price (worth.go, price.go, next.go). A poll is worth the seconds of delay that it is expected to save: the more,
//     the longer the task was not polled. The price is what a poll must be worth. It follows the worth of the polls made, so that
//     it is high where requests are scarce, and falls while some are left over. A task is due when its worth reaches the price,
//     and waits in a heap by that time.
//  4. One latest time a task (latest.go). The estimates can be wrong, so each task is polled after 3.8 rounds whatever it is
//     worth: a round is the time that polling all tasks once takes. Such polls are spread over time. If too many come together
//     anyway, they go before all others: no task waits for more than four rounds, except for what the user asks for.
//  5. Refresh in turn (price.go). What is learned of an endpoint changes when its tasks are due. The time of the task that comes
//     first is always computed anew, those of the others in turn, 2,000 a second: the work does not grow with their number.
//
// From the first two, Estimate computes when all tasks will have ended (estimate.go). Track adds a task. Next returns the task to
// poll, Dispatch is called when it is polled, and Observe with the answer; Defer is called if there was none. Tasks of endpoints
// that Admits leaves out are returned only if the user asks for them.
// A Planner is not safe for concurrent use. It does no I/O and reads no clock: callers pass the time since a start of theirs.
package plan
