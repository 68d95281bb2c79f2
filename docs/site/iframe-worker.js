/* The search of the site, on pages opened from a folder and in Japanese.

   It works in a Worker, which browsers refuse on pages opened from a folder (file:). A hidden frame takes its place
   there: it is told what a Worker would be told, and answers as one would.

   The index knows words, but what somebody types has no spaces between them: a question is cut where the script
   changes, so that 更新の日程 asks for 更新 and 日程, and RK-3058 for RK and 3058. */
(() => {
  const QUERY = 2; // the kind of message that carries a question

  const words = (question) => {
    const found = question.normalize("NFKC").match(/[\p{sc=Han}々]+|[\p{sc=Katakana}ー]+|[A-Za-z0-9_.]+|\p{sc=Hiragana}{3,}/gu);
    return found ? found.join(" ") : question;
  };

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
      inside.document.open();
      inside.document.write(`<body><script>(${inFrame})()</script><script src="${address}"></script></body>`);
      inside.document.close();
      this.ready = new Promise((resolve) => { inside.onload = resolve; });
      window.addEventListener("message", (event) => {
        if (event.source === inside) this.dispatchEvent(new MessageEvent("message", { data: event.data }));
      });
    }

    postMessage(data) {
      this.ready.then(() => this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data })));
    }
  }

  window.IFrameWorker = IFrameWorker; // the search looks for this name to find its languages beside it
  const Base = location.protocol === "file:" ? IFrameWorker : window.Worker;
  window.Worker = class extends Base {
    postMessage(message) {
      super.postMessage(message.type === QUERY ? { ...message, data: words(message.data) } : message);
    }
  };
})();
