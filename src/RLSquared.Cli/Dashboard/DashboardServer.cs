using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using RLSquared.Cli.Output;
using RLSquared.Cli.Serving;
using RLSquared.Runs;

namespace RLSquared.Cli.Dashboard;

/// <summary>
/// The page in the browser: serves its files and what they ask for, to this machine alone. Everything is read; nothing
/// that a request says can change a run.
/// <code>
/// /                    the page and its files
/// /api/runs            all runs: {"folder", "left", "runs": […]}
/// /api/run?id=         one run's configuration, command, machine and evaluation
/// /api/metrics?id=     its curves: {"generation", "stride", "from", "columns": {name: […]}}
/// /api/samples?id=     what a language model said in an iteration (iteration=) with rewards and advantages
/// /api/cluster?id=     who helps a run that shares its work, and how far each is
/// /api/dataset?id=     the trajectories that it learns to reach goals from
/// /api/replay?id=      a trial of its agent; also checkpoint=last|best, seed=, trial=
/// /api/events          server-sent events: run (a summary), points (what /api/metrics would add), gone
/// </code>
/// </summary>
internal sealed class DashboardServer : IDisposable
{
    const int MostConnections = 1024;           // idle ones are closed after a heartbeat, and none waits for them
    static readonly TimeSpan heartbeat = TimeSpan.FromSeconds(15);

    readonly RunWatch watch;
    readonly Replays replays;
    readonly RunDatasets datasets = new();
    readonly CancellationTokenSource stopping = new();
    readonly Task watching;
    LoopbackServer? host;                       // null until it has started

    DashboardServer(RunWatch watch, Replays replays)
    {
        (this.watch, this.replays) = (watch, replays);
        watching = Task.Run(() => watch.Run(stopping.Token));
    }

    /// <summary>Where the page is, such as <c>http://127.0.0.1:6200/</c>.</summary>
    public Uri Address => host!.Address;

    /// <summary>The runs that are shown.</summary>
    public RunWatch Watch => watch;

    /// <summary>Begins to serve.</summary>
    /// <param name="folder">The folder of all runs, or a run.</param>
    /// <param name="port">The port; 0 for any that is free.</param>
    /// <param name="catalogues">Where tasks and algorithms of replays are looked up.</param>
    /// <exception cref="IOException">The port is in use or not allowed.</exception>
    public static DashboardServer Start(string folder, int port, Catalogues catalogues)
    {
        var server = new DashboardServer(new RunWatch(folder), new Replays(catalogues));
        try
        {
            server.host = LoopbackServer.Start(port, MostConnections, mostBytes: 0, heartbeat,
                $", perhaps by another dashboard (http://127.0.0.1:{port}/)", server.Answer);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Ends all answers and frees the port.</summary>
    public void Dispose()
    {
        stopping.Cancel();
        watching.Wait();
        host?.Dispose();
        replays.Dispose();
        stopping.Dispose();
    }

    async Task Answer(HttpContext context)
    {
        HttpRequest request = context.Request;
        SetHeaders(context.Response);
        try
        {
            if (Refusal(request) is { } refusal)
                await Fail(context, refusal.Status, refusal.Why);
            else if (request.Path.Value is "/api/events")
                await SendEvents(context);
            else if (request.Path.StartsWithSegments("/api"))
                await Send(context, "application/json", await Data(context));
            else if (PageFiles.Find(request.Path.Value?.TrimStart('/') ?? "") is { } file)
                await Send(context, file.Type, file.Content);
            else
                await Fail(context, StatusCodes.Status404NotFound, $"there is no page {request.Path}");
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone.
        }
        catch (Exception failure)
        {
            await Fail(context, failure switch
            {
                KeyNotFoundException => StatusCodes.Status404NotFound,
                OptionException or FormatException or OverflowException => StatusCodes.Status400BadRequest,
                InvalidDataException or IOException or NotSupportedException or UnauthorizedAccessException
                    or NonFiniteException or OutOfMemoryException => StatusCodes.Status409Conflict,
                TimeoutException => StatusCodes.Status503ServiceUnavailable,
                _ => StatusCodes.Status500InternalServerError,
            }, failure.Message);
        }
    }

    static (int Status, string Why)? Refusal(HttpRequest request)
    {
        if (!LoopbackServer.NamesThisMachine(request))
        {
            return (StatusCodes.Status403Forbidden, "this page is for this machine alone; " +
                $"open it as localhost or 127.0.0.1, not as '{request.Host.Host}'");
        }
        if (request.Method is not ("GET" or "HEAD"))
            return (StatusCodes.Status405MethodNotAllowed, "everything here is read; there is nothing to send");
        // A link may lead to the page from anywhere. Whatever makes the server work is asked for by the page alone, or
        // by a user who types its address; a page on another port of this machine is another site too.
        bool isPage = request.Path.Value is "/" or "/index.html" && request.Headers["Sec-Fetch-Mode"] == "navigate";
        return isPage || !LoopbackServer.IsOfAnotherSite(request) ? null
            : (StatusCodes.Status403Forbidden, "another site may not ask for this");
    }

    static void SetHeaders(HttpResponse response)
    {
        IHeaderDictionary headers = response.Headers;
        headers.ContentSecurityPolicy =
            "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }

    async Task<byte[]> Data(HttpContext context)
    {
        IQueryCollection query = context.Request.Query;
        string Id() => query["id"] is [{ Length: > 0 } id] ? id
            : throw new OptionException("id", "say which run: ?id=…");
        T Number<T>(string name, T standard) where T : ISpanParsable<T> => query[name] is not [{ } text] ? standard
            : T.TryParse(text, CultureInfo.InvariantCulture, out T? value) ? value
            : throw new OptionException(name, $"{name} must be a whole number, but is '{text}'");
        switch (context.Request.Path.Value)
        {
            case "/api/runs":
                return watch.Read(runs => Json(json =>
                {
                    json.WriteString("folder", watch.Folder);
                    json.WriteNumber("left", watch.Left);
                    json.WriteStartArray("runs");
                    foreach (WatchedRun run in runs)
                        json.WriteRawValue(run.Summary);
                    json.WriteEndArray();
                }));
            case "/api/run":
                return Json(json => RunDetails.WriteJson(json, watch.Find(Id())));
            case "/api/cluster":
                return Json(json => RunDetails.WriteCluster(json, watch.Find(Id())));
            case "/api/metrics":
                WatchedRun shown = watch.Find(Id());
                lock (shown.Gate)
                    return Json(json => shown.Metrics.WriteJson(json, 0));
            case "/api/samples":
                WatchedRun sampled = watch.Find(Id());
                long iteration = Number("iteration", 0L);
                return Json(json => RunSamples.WriteJson(json, sampled, iteration > 0 ? iteration : null));
            case "/api/dataset":
                WatchedRun learned = watch.Find(Id());
                return await Task.Run(
                    () => Json(json => datasets.WriteJson(json, learned)), context.RequestAborted);
            case "/api/replay":
                string folder = watch.Find(Id()).Path;
                int trial = Number("trial", 1);
                if (trial < 1)
                    throw new OptionException("trial", $"trial must be at least 1, but is {trial}");
                var request = new ReplayRequest(
                    folder, query["checkpoint"] is [{ } name] ? name : "last", Number<ulong>("seed", 1), trial);
                return await replays.Play(request, context.RequestAborted);
            default:
                throw new KeyNotFoundException($"there is nothing at {context.Request.Path}");
        }
    }

    async Task SendEvents(HttpContext context)
    {
        if (HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.ContentType = "text/event-stream";
            return;
        }
        if (watch.Subscribe() is not { } channel)
        {
            await Fail(context, StatusCodes.Status503ServiceUnavailable,
                $"{RunWatch.MostSubscribers} pages are open already; close one");
            return;
        }
        CancellationToken gone = context.RequestAborted;
        try
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("retry: 1000\n\n", gone);
            await context.Response.Body.FlushAsync(gone);
            ChannelReader<string> reader = channel.Reader;
            Task<bool> more = reader.WaitToReadAsync(gone).AsTask();
            while (true)
            {
                // A comment now and then shows whether anyone is still there.
                if (await Task.WhenAny(more, Task.Delay(heartbeat, gone)) != more)
                {
                    await context.Response.WriteAsync(": still here\n\n", gone);
                }
                else
                {
                    if (!await more)
                        break;
                    while (reader.TryRead(out string? text))
                        await context.Response.WriteAsync(text, gone);
                    more = reader.WaitToReadAsync(gone).AsTask();
                }
                await context.Response.Body.FlushAsync(gone);
            }
        }
        finally
        {
            watch.Unsubscribe(channel);
        }
    }

    static async Task Send(HttpContext context, string type, byte[] content)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = content.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(content, context.RequestAborted);
    }

    static async Task Fail(HttpContext context, int status, string why)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }
        context.Response.StatusCode = status;
        await Send(context, "application/json", Json(json => json.WriteString("error", why)));
    }

    static byte[] Json(Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonOutput.Readable))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}
