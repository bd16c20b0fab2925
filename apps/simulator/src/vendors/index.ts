import type { VendorApi } from "../endpoints.ts";
import { ark } from "./ark/index.ts";
import { hiapi } from "./hiapi/index.ts";
import { jiekou } from "./jiekou/index.ts";
import { toapis } from "./toapis/index.ts";
import { xingchao } from "./xingchao/index.ts";

/** Every simulated vendor. */
export const vendors: readonly VendorApi[] = [hiapi, jiekou, toapis, xingchao, ark];
