using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using RLSquared.Language.Files;
using RLSquared.Settings;

namespace RLSquared.Language.Verifiers.Judges;

/// <summary>What <see cref="RemoteJudge"/> can be told.</summary>
public sealed record RemoteJudgeOptions
{
    /// <summary>What the server calls the model.</summary>
    public string Model { get; init; } = "default";

    /// <summary>The key, sent as a bearer token; empty for none.</summary>
    public string Key { get; init; } = "";

    /// <summary>How long an answer may take.</summary>
    public TimeSpan Timeout
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw new OptionException(
            "judge-timeout", $"judge-timeout must be above 0 seconds, but is {value.TotalSeconds}");
    } = TimeSpan.FromSeconds(60);

    /// <summary>How often a question is asked again after a timeout, a refusal for haste or a fault there.</summary>
    public int Retries { get; init => field = Require.AtLeast("judge-retries", value, 0); } = 3;

    /// <summary>The wait before the first retry; it doubles each time, up to 30 s.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Questions that are under way at once.</summary>
    public int AtOnce { get; init => field = Require.AtLeast("judge-at-once", value, 1); } = 16;

    /// <summary>The most tokens of an answer.</summary>
    public int LongestAnswer { get; init => field = Require.AtLeast("judge-tokens", value, 1); } = 2048;

    /// <summary>What a million tokens of a question cost.</summary>
    public double QuestionPrice { get; init => field = Require.AtLeast("judge-question-price", value, 0); }

    /// <summary>What a million tokens of an answer cost.</summary>
    public double AnswerPrice { get; init => field = Require.AtLeast("judge-answer-price", value, 0); }

    /// <summary>No further question is asked once this much is spent; 0 for no limit.</summary>
    public double MostCost { get; init => field = Require.AtLeast("judge-most-cost", value, 0); }
}

/// <summary>What a remote judge was asked so far.</summary>
/// <param name="Questions">Questions.</param>
/// <param name="Retries">How often one was asked again.</param>
/// <param name="Failures">Questions that were given up.</param>
/// <param name="Unparsable">Answers without a score.</param>
/// <param name="QuestionTokens">Tokens of all questions, as the server counts them.</param>
/// <param name="AnswerTokens">Tokens of all answers.</param>
public readonly record struct JudgeCounts(
    long Questions, long Retries, long Failures, long Unparsable, long QuestionTokens, long AnswerTokens);

/// <summary>
/// A judge behind OpenAI's interface (<c>POST …/chat/completions</c>): a service, or <c>rl2 serve</c> on another
/// machine. A question that fails is asked again a few times and then has no score. A batch of which no question was
/// answered ends the run: a server that is gone should not pass for a judge without an opinion.
/// </summary>
public sealed class RemoteJudge : IJudge, IDisposable
{
    const int LongestReply = 16 << 20;
    static readonly TimeSpan longestWait = TimeSpan.FromSeconds(30);

    readonly HttpClient client;
    readonly Uri address;
    readonly RemoteJudgeOptions options;
    readonly SemaphoreSlim places;
    readonly Lock gate = new();
    JudgeCounts counts;
    string firstFailure = "";

    /// <summary>A judge at an address.</summary>
    /// <param name="address">
    /// Where, such as <c>http://127.0.0.1:6200/v1</c>; <c>/chat/completions</c> is added.
    /// </param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="OptionException">The address is none.</exception>
    public RemoteJudge(string address, RemoteJudgeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        this.options = options ?? new RemoteJudgeOptions();
        if (!Uri.TryCreate(address.TrimEnd('/') + "/chat/completions", UriKind.Absolute, out Uri? whole)
            || whole.Scheme is not ("http" or "https"))
        {
            throw new OptionException(
                "judge-url", $"judge-url must be an address such as http://127.0.0.1:6200/v1, but is '{address}'");
        }
        this.address = whole;
        client = new HttpClient
        {
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = LongestReply,
        };
        if (this.options.Key.Length > 0)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", this.options.Key);
        places = new SemaphoreSlim(this.options.AtOnce);
    }

    /// <summary>What was asked so far.</summary>
    public JudgeCounts Counts
    {
        get
        {
            lock (gate)
                return counts;
        }
    }

    /// <summary>What it cost so far, by the prices of the options.</summary>
    public double Cost => (Counts.QuestionTokens * options.QuestionPrice + Counts.AnswerTokens * options.AnswerPrice)
        / 1e6;

    /// <summary>What went wrong first; empty if nothing did.</summary>
    public string FirstFailure
    {
        get
        {
            lock (gate)
                return firstFailure;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<int?>> Score(
        IReadOnlyList<JudgeQuestion> questions, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(questions);
        if (options.MostCost > 0 && Cost >= options.MostCost)
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture,
                $"the judge at {address} has cost {Cost:0.##}, and judge-most-cost allows {options.MostCost}"));
        }
        (int? Score, bool Answered)[] answers = await Task.WhenAll(
            questions.Select(question => Ask(question, cancellation))).ConfigureAwait(false);
        if (answers.Length > 0 && !answers.Any(answer => answer.Answered))
        {
            throw new IOException(
                $"the judge at {address} answered none of {answers.Length} questions: {FirstFailure}");
        }
        return [.. answers.Select(answer => answer.Score)];
    }

    async Task<(int? Score, bool Answered)> Ask(JudgeQuestion question, CancellationToken cancellation)
    {
        byte[] body = Body(question);
        await places.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            Count(questions: 1);
            TimeSpan wait = options.FirstWait;
            for (int attempt = 0; ; attempt++)
            {
                (string? answer, string failure, bool mayRetry) = await Post(body, cancellation).ConfigureAwait(false);
                if (answer is not null)
                {
                    int? score = JudgePrompts.Parse(answer);
                    Count(unparsable: score is null ? 1 : 0);
                    return (score, true);
                }
                if (!mayRetry || attempt == options.Retries)
                {
                    Count(failures: 1, failure: failure);
                    return (null, false);
                }
                Count(retries: 1);
                await Task.Delay(wait, cancellation).ConfigureAwait(false);
                wait = wait * 2 < longestWait ? wait * 2 : longestWait;
            }
        }
        finally
        {
            places.Release();
        }
    }

    // The answer's text; or what went wrong, and whether it may go right another time.
    async Task<(string? Answer, string Failure, bool MayRetry)> Post(byte[] body, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(options.Timeout);
        try
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using HttpResponseMessage reply = await client.PostAsync(address, content, patience.Token)
                .ConfigureAwait(false);
            byte[] bytes = await reply.Content.ReadAsByteArrayAsync(patience.Token).ConfigureAwait(false);
            bool isHasteOrFault = reply.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout
                || (int)reply.StatusCode >= 500;
            return reply.IsSuccessStatusCode ? (JsonField.Read(bytes, "the judge's reply", Read), "", false)
                : (null, $"it answered with status {(int)reply.StatusCode}", isHasteOrFault);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (null, string.Create(CultureInfo.InvariantCulture,
                $"it took longer than {options.Timeout.TotalSeconds:0.###} s"), true);
        }
        catch (HttpRequestException failure)
        {
            return (null, failure.Message.TrimEnd('.'), true);
        }
        catch (InvalidDataException failure)
        {
            return (null, failure.Message, false);
        }
    }

    string Read(JsonField reply)
    {
        if (reply.Find("usage") is { } usage)
        {
            Count(
                questionTokens: usage.Find("prompt_tokens")?.Whole(0, int.MaxValue) ?? 0,
                answerTokens: usage.Find("completion_tokens")?.Whole(0, int.MaxValue) ?? 0);
        }
        foreach (JsonField choice in reply.Get("choices").Items())
            return choice.Get("message").Find("content")?.Text() ?? "";
        throw reply.Wrong("has no choices");
    }

    byte[] Body(JudgeQuestion question)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("model", options.Model);
            json.WriteNumber("temperature", 0);
            json.WriteNumber("max_tokens", options.LongestAnswer);
            json.WriteStartArray("messages");
            foreach ((string role, string text) in new[]
            {
                ("system", JudgePrompts.Instruction(question.Part)), ("user", JudgePrompts.Question(question)),
            })
            {
                json.WriteStartObject();
                json.WriteString("role", role);
                json.WriteString("content", text);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    void Count(
        long questions = 0, long retries = 0, long failures = 0, long unparsable = 0, long questionTokens = 0,
        long answerTokens = 0, string failure = "")
    {
        lock (gate)
        {
            counts = new JudgeCounts(counts.Questions + questions, counts.Retries + retries,
                counts.Failures + failures, counts.Unparsable + unparsable, counts.QuestionTokens + questionTokens,
                counts.AnswerTokens + answerTokens);
            if (firstFailure.Length == 0)
                firstFailure = failure;
        }
    }

    /// <summary>Closes its connections.</summary>
    public void Dispose()
    {
        client.Dispose();
        places.Dispose();
    }
}
