/* The search works in a Worker, which browsers refuse on pages opened from a folder (file:). A hidden frame takes its
   place there: it is told what a Worker would be told, and answers as one would. */
(() => {
  const inFrame = () => {
    window.postMessage = (data) => parent.postMessage(data, "*");
    window.importScripts = (...addresses) =>
      addresses.reduce(
        (before, address) =>
          before.then(
            () =>
              new Promise((resolve, reject) => {
                const script = document.createElement("script");
                script.src = address;
                script.onload = resolve;
                script.onerror = reject;
                document.body.append(script);
              }),
          ),
        Promise.resolve(),
      );
  };

  class IFrameWorker extends EventTarget {
    constructor(address) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      const inside = this.frame.contentWindow;
      this.ready = new Promise((resolve) => { inside.onload = resolve; });
      inside.document.write(`<body><script>(${inFrame})()</script><script src="${address}"></script></body>`);
      inside.document.close();
      window.addEventListener("message", (event) => {
        if (event.source === inside) this.dispatchEvent(new MessageEvent("message", { data: event.data }));
      });
    }

    postMessage(data) {
      this.ready.then(() => this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data })));
    }
  }

  window.IFrameWorker = IFrameWorker; // the search looks for this name to find its languages beside it
  if (location.protocol === "file:") window.Worker = IFrameWorker;
})();
