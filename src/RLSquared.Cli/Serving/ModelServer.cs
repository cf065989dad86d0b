using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using RLSquared.Language.Generation;
using static RLSquared.Cli.Serving.HttpCalls;

namespace RLSquared.Cli.Serving;

/// <summary>
/// A language model behind OpenAI's interface, for clients on this machine: <c>/v1/completions</c>,
/// <c>/v1/chat/completions</c>, both also as streams, <c>/v1/models</c>, <c>/tokenize</c>, <c>/detokenize</c>,
/// <c>/health</c> and <c>/metrics</c>. Body, tokens, time and connections are limited, and a client that goes away or
/// reads nothing loses its completion alone.
/// </summary>
internal sealed class ModelServer : IDisposable
{
    const int MostConnections = 256;
    const long MostBytes = 4 << 20;

    static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    readonly ServedModel model;
    readonly Generator generator;
    readonly GenerationLoop loop;
    readonly TimeSpan limit;
    LoopbackServer? host;                   // null until it has started
    long requests;

    ModelServer(ServedModel model, Generator generator, TimeSpan limit)
    {
        (this.model, this.generator, this.limit) = (model, generator, limit);
        loop = new GenerationLoop(generator);
    }

    /// <summary>Where the interface is, such as <c>http://127.0.0.1:8000/v1</c>.</summary>
    public Uri Address => new(host!.Address, "v1");

    /// <summary>Completions that are under way.</summary>
    public int Sequences => loop.Sequences;

    /// <summary>Begins to serve.</summary>
    /// <param name="model">The model; not owned.</param>
    /// <param name="generator">Generates with it; owned.</param>
    /// <param name="port">The port; 0 for any that is free.</param>
    /// <param name="limit">The most time of one request.</param>
    /// <exception cref="IOException">The port is in use or not allowed.</exception>
    public static ModelServer Start(ServedModel model, Generator generator, int port, TimeSpan limit)
    {
        var server = new ModelServer(model, generator, limit);
        try
        {
            server.host = LoopbackServer.Start(port, MostConnections, MostBytes, patience, user: "", server.Answer);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        loop.Dispose();
        host?.Dispose();
        generator.Dispose();
    }

    async Task Answer(HttpContext context)
    {
        HttpRequest request = context.Request;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        Interlocked.Increment(ref requests);
        try
        {
            Refuse(request);
            switch (request.Method, request.Path.Value)
            {
                case ("POST", "/v1/completions"): await Complete(context, isChat: false); break;
                case ("POST", "/v1/chat/completions"): await Complete(context, isChat: true); break;
                case ("POST", "/tokenize"): await Tokenize(context); break;
                case ("POST", "/detokenize"): await Detokenize(context); break;
                case ("GET", "/v1/models"): await Send(context, WriteModels); break;
                case ("GET", "/health"): await Send(context, WriteHealth); break;
                case ("GET", "/metrics"): await SendMetrics(context); break;
                default: throw NoSuch(request);
            }
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone, and its completions were aborted on the way here.
        }
        catch (Exception failure)
        {
            await Fail(context, failure);
        }
    }

    static ServingException NoSuch(HttpRequest request)
    {
        string[] posts = ["/v1/completions", "/v1/chat/completions", "/tokenize", "/detokenize"];
        string[] gets = ["/v1/models", "/health", "/metrics"];
        string path = request.Path.Value ?? "/";
        if (posts.Contains(path) || gets.Contains(path))
            return new ServingException(405, $"{path} is asked with {(posts.Contains(path) ? "POST" : "GET")}");
        return new ServingException(404, $"there is nothing at {path}; there are {string.Join(", ", posts)}, " +
            string.Join(", ", gets));
    }

    // ---- completions ----

    async Task Complete(HttpContext context, bool isChat)
    {
        using CancellationTokenSource ends = Limit(context);
        using JsonDocument body = await Body(context, ends.Token);
        CompletionRequest request = CompletionRequest.Parse(body.RootElement, model, isChat);
        int[][] prompts = [.. request.Prompts.SelectMany(prompt => Enumerable.Repeat(prompt, request.Choices))];
        ulong seed = request.Seed ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        var events = Channel.CreateUnbounded<GenerationEvent>(new UnboundedChannelOptions { SingleReader = true });
        IReadOnlyList<long> ids = loop.Submit(prompts, request.Sampling, seed, events.Writer);
        var output = new CompletionOutput(model, request,
            (isChat ? "chatcmpl-" : "cmpl-") + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12)),
            DateTimeOffset.UtcNow.ToUnixTimeSeconds(), loop.Version);
        try
        {
            if (request.Streams)
                await Stream(context, request, output, events.Reader, ends.Token);
            else
                await Whole(context, output, prompts.Length, events.Reader, ends.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested
            && ends.IsCancellationRequested)
        {
            throw new ServingException(408, FormattableString.Invariant(
                $"the completion took longer than {limit.TotalSeconds:F0} seconds; ask for fewer tokens"));
        }
        finally
        {
            loop.Abort(ids);
        }
    }

    static async Task Whole(HttpContext context, CompletionOutput output, int choices,
        ChannelReader<GenerationEvent> events, CancellationToken ends)
    {
        var all = new GeneratedSequence[choices];
        for (int left = choices; left > 0;)
        {
            GenerationEvent one = await events.ReadAsync(ends);
            if (one.Ended is not null)
                (all[one.Choice], left) = (one.Ended, left - 1);
        }
        await Send(context, json => output.WriteWhole(json, all));
    }

    async Task Stream(HttpContext context, CompletionRequest request, CompletionOutput output,
        ChannelReader<GenerationEvent> events, CancellationToken ends)
    {
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        int choices = request.Prompts.Count * request.Choices;
        var all = new GeneratedSequence[choices];
        var texts = new CompletionText[choices];
        int[] lengths = new int[choices];
        for (int choice = 0; choice < choices; choice++)
        {
            bool continues = request.Prompts[choice / request.Choices].Any(id => !model.Tokenizer.IsSpecial(id));
            texts[choice] = new CompletionText(model.Tokenizer, request.Sampling, continues);
            lengths[choice] = output.Echo(choice).Length;
            int first = choice;
            await SendPart(context, json => output.WriteFirst(json, first), ends);
        }
        for (int left = choices; left > 0;)
        {
            GenerationEvent one = await events.ReadAsync(ends);
            bool isEnd = one.Ended is not null;
            string text = isEnd ? texts[one.Choice].Finish(one.Ended!.Text) : texts[one.Choice].Append(one.Token);
            if (isEnd)
                (all[one.Choice], left) = (one.Ended!, left - 1);
            if (isEnd || text.Length > 0 || request.LogProbabilities || request.TokenIds)
            {
                await SendPart(context, json => output.WritePart(json, one.Choice, text, isEnd ? null : one.Token,
                    one.LogProbability, lengths[one.Choice], one.Ended), ends);
            }
            lengths[one.Choice] += text.Length;
        }
        if (request.StreamsUsage)
            await SendPart(context, json => output.WriteUsagePart(json, all), ends);
        await context.Response.WriteAsync("data: [DONE]\n\n", ends);
    }

    // ---- tokens ----

    async Task Tokenize(HttpContext context)
    {
        using CancellationTokenSource ends = Limit(context);
        using JsonDocument body = await Body(context, ends.Token);
        var fields = new RequestFields(body.RootElement);
        string text = fields.Text("prompt")
            ?? throw new ServingException(400, "prompt is missing: the text to be cut into tokens", "prompt");
        bool addsTemplate = fields.Find("add_special_tokens") is not { } adds || adds.ValueKind != JsonValueKind.False;
        int[] ids = model.Tokenizer.Encode(text, addsTemplate);
        await Send(context, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("count", ids.Length);
            json.WriteNumber("max_model_len", model.Context);
            json.WriteStartArray("tokens");
            foreach (int id in ids)
                json.WriteNumberValue(id);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    async Task Detokenize(HttpContext context)
    {
        using CancellationTokenSource ends = Limit(context);
        using JsonDocument body = await Body(context, ends.Token);
        JsonElement tokens = new RequestFields(body.RootElement).Find("tokens")
            is { ValueKind: JsonValueKind.Array } array ? array
            : throw new ServingException(400, "tokens must be a list of ids", "tokens");
        int[] ids = [.. tokens.EnumerateArray().Select(item =>
            item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int id) && id >= 0
                && id < model.Tokenizer.Count ? id : throw new ServingException(400,
                    $"ids are from 0 to {model.Tokenizer.Count - 1}", "tokens"))];
        await Send(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("prompt", model.Tokenizer.Decode(ids));
            json.WriteEndObject();
        });
    }

    // ---- what the server says of itself ----

    void WriteModels(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        json.WriteStartObject();
        json.WriteString("id", model.Name);
        json.WriteString("object", "model");
        json.WriteNumber("created", 0);
        json.WriteString("owned_by", "rlsquared");
        json.WriteNumber("max_model_len", model.Context);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    void WriteHealth(Utf8JsonWriter json)
    {
        if (loop.Failure is { } failure)
            throw new ServingException(503, $"generation has failed: {failure.Message}");
        json.WriteStartObject();
        json.WriteString("status", "ok");
        json.WriteNumber("sequences", loop.Sequences);
        json.WriteNumber("weights", loop.Version);
        json.WriteEndObject();
    }

    async Task SendMetrics(HttpContext context)
    {
        context.Response.ContentType = "text/plain; version=0.0.4";
        await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"""
            # TYPE rlsquared_requests_total counter
            rlsquared_requests_total {Interlocked.Read(ref requests)}
            # TYPE rlsquared_generated_tokens_total counter
            rlsquared_generated_tokens_total {loop.TokensDrawn}
            # TYPE rlsquared_sequences gauge
            rlsquared_sequences {loop.Sequences}
            # TYPE rlsquared_weights_version gauge
            rlsquared_weights_version {loop.Version}

            """), context.RequestAborted);
    }

    // ---- bodies ----

    CancellationTokenSource Limit(HttpContext context)
    {
        var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        ends.CancelAfter(limit);
        return ends;
    }

    static async Task SendPart(HttpContext context, Action<Utf8JsonWriter> content, CancellationToken ends)
    {
        byte[] bytes = [.. "data: "u8, .. Json(content), .. "\n\n"u8];
        await context.Response.Body.WriteAsync(bytes, ends);
        await context.Response.Body.FlushAsync(ends);
    }
}
