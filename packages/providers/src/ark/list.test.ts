import { expect, test } from "vitest";
import { tasksIn } from "./list.ts";

const listed = (id: string, created_at: number) => ({
  id,
  created_at,
  status: "succeeded",
  model: "doubao-seedance-2-0",
});

test("every task on a page is told, whoever made it, and whether older ones may follow", () => {
  const items = [listed("cgt-2", 1_790_000_100), listed("cgt-1", 1_790_000_000)];
  const tasks = [
    { taskId: "cgt-2", createdAtMs: 1_790_000_100_000 },
    { taskId: "cgt-1", createdAtMs: 1_790_000_000_000 },
  ];
  expect(tasksIn({ items, total: 2 }, 1)).toEqual({ kind: "made", tasks, more: false });
  expect(tasksIn({ items, total: 700 }, 1)).toEqual({ kind: "made", tasks, more: true });
  expect(tasksIn({ items: [], total: 700 }, 3)).toEqual({ kind: "made", tasks: [], more: false });
});

test("a page with an item that cannot be read tells nothing", () => {
  expect(tasksIn({ items: [listed("cgt-1", 1_790_000_000), { id: 7 }], total: 2 }, 1)).toBeUndefined();
  expect(tasksIn({ tasks: [] }, 1)).toBeUndefined();
});
