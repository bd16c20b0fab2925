/** Where each provider is spoken to, below the address of the simulator. */
export const simulatorPaths: Readonly<Record<string, string>> = {
  hiapi: "hiapi",
  jiekou: "jiekou",
  toapis: "toapis",
  xingchao: "xingchao/kyyReactApiServer",
  ark: "ark/api/v3",
};
