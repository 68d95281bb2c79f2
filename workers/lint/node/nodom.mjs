// form-js makes elements when it is loaded, long before it draws any. Nothing here draws, so empty ones will do.
globalThis.KeyboardEvent ??= class {};
globalThis.document ??= { createElement: () => ({}) };
