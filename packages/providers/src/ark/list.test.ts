import { expect, test } from "vitest";
import { tasksIn } from "./list.ts";

const item = (id: string, created_at: number) => ({
  id,
  created_at,
  status: "succeeded",
  model: "doubao-seedance-2-0",
});

test("a page of tasks: all tasks of the key, and whether an older page may follow", () => {
  const items = [item("cgt-2", 1_790_000_100), item("cgt-1", 1_790_000_000)];
  const tasks = [
    { taskId: "cgt-2", createdAtMs: 1_790_000_100_000 },
    { taskId: "cgt-1", createdAtMs: 1_790_000_000_000 },
  ];
  expect(tasksIn({ items, total: 2 }, 1)).toEqual({ kind: "listed", tasks, more: false });
  expect(tasksIn({ items, total: 700 }, 1)).toEqual({ kind: "listed", tasks, more: true });
  expect(tasksIn({ items: [], total: 700 }, 3)).toEqual({ kind: "listed", tasks: [], more: false });
});

test("a page with an unreadable item is unusable", () => {
  expect(tasksIn({ items: [item("cgt-1", 1_790_000_000), { id: 7 }], total: 2 }, 1)).toBeUndefined();
  expect(tasksIn({ tasks: [] }, 1)).toBeUndefined();
});
