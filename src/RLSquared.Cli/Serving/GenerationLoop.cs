using System.Threading.Channels;
using RLSquared.Language.Generation;

namespace RLSquared.Cli.Serving;

/// <summary>What a request receives: a token, or the end of one of its choices.</summary>
/// <param name="Choice">Which of the request's choices.</param>
/// <param name="Token">The id; meaningless where the choice has ended.</param>
/// <param name="LogProbability">log μ of the token.</param>
/// <param name="Ended">The whole completion, where it has ended; else null.</param>
internal readonly record struct GenerationEvent(
    int Choice, int Token, float LogProbability, GeneratedSequence? Ended);

/// <summary>
/// One thread that steps a generator while there is something to do, and hands every token to the request that it
/// belongs to. A request that reads slowly delays no other: its tokens wait in its own channel, which is bounded by the
/// tokens that it asked for.
/// </summary>
internal sealed class GenerationLoop : IDisposable
{
    /// <summary>The most sequences that are in flight or wait.</summary>
    public const int MostSequences = 1024;

    readonly Generator generator;
    readonly Thread thread;
    readonly AutoResetEvent work = new(initialState: false);
    readonly Lock gate = new();
    readonly Dictionary<long, Followed> followed = [];
    readonly Action<long, IReadOnlyList<int>, IReadOnlyList<float>> handOn;
    volatile bool stopping;
    volatile Exception? failure;

    sealed class Followed(int choice, ChannelWriter<GenerationEvent> writer)
    {
        public int Choice => choice;

        public int Read { get; set; }

        public ChannelWriter<GenerationEvent> Writer => writer;
    }

    /// <summary>Begins to step a generator, which must be used through this alone; it is not owned.</summary>
    public GenerationLoop(Generator generator)
    {
        this.generator = generator;
        handOn = (id, tokens, logProbabilities) =>
        {
            if (followed.TryGetValue(id, out Followed? one))
                Write(one, tokens, logProbabilities);
        };
        thread = new Thread(Run) { Name = "generation", IsBackground = true };
        thread.Start();
    }

    /// <summary>Sequences that are in flight or wait.</summary>
    public int Sequences
    {
        get
        {
            lock (gate)
                return followed.Count;
        }
    }

    /// <summary>What ended the loop, if anything did: then nothing is generated any more.</summary>
    public Exception? Failure => failure;

    /// <summary>Tokens that were drawn since the start.</summary>
    public long TokensDrawn => generator.TokensDrawn;

    /// <summary>The version of the weights.</summary>
    public int Version => generator.Version;

    /// <summary>Asks for some completions; all or none are begun.</summary>
    /// <param name="prompts">The prompt of each choice.</param>
    /// <param name="sampling">How tokens are drawn.</param>
    /// <param name="seed">Of the first choice; each other one has the next.</param>
    /// <param name="events">Receives tokens and ends.</param>
    /// <returns>The numbers with which they can be aborted.</returns>
    /// <exception cref="ServingException">There are too many already, or the loop has failed.</exception>
    /// <exception cref="ArgumentException">A prompt is too long, or an option is out of range.</exception>
    public IReadOnlyList<long> Submit(
        IReadOnlyList<int[]> prompts, SamplingOptions sampling, ulong seed, ChannelWriter<GenerationEvent> events)
    {
        if (failure is { } broken)
            throw new ServingException(503, $"generation has failed: {broken.Message}");
        List<long> ids = [];
        lock (gate)
        {
            if (followed.Count + prompts.Count > MostSequences)
            {
                throw new ServingException(429, $"{followed.Count} completions are under way, and at most " +
                    $"{MostSequences} can be; ask again later");
            }
            try
            {
                for (int choice = 0; choice < prompts.Count; choice++)
                {
                    long id = generator.Submit(prompts[choice], sampling, seed + (ulong)choice);
                    ids.Add(id);
                    followed.Add(id, new Followed(choice, events));
                }
            }
            catch
            {
                foreach (long id in ids)
                {
                    followed.Remove(id);
                    generator.Abort(id);
                }
                throw;
            }
        }
        work.Set();
        return ids;
    }

    /// <summary>Ends completions that have not ended yet.</summary>
    public void Abort(IEnumerable<long> ids)
    {
        foreach (long id in ids)
            generator.Abort(id);
        work.Set();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stopping = true;
        work.Set();
        thread.Join();
        work.Dispose();
    }

    void Run()
    {
        try
        {
            while (!stopping)
            {
                if (!generator.IsIdle)
                    generator.Step();
                else if (!Deliver())
                    work.WaitOne();
                Deliver();
            }
        }
        catch (Exception broken)
        {
            failure = broken;
        }
        lock (gate)
        {
            foreach (Followed one in followed.Values)
                one.Writer.TryComplete(failure ?? new OperationCanceledException("the server stops"));
            followed.Clear();
        }
    }

    // Hands on what was drawn since the last time; whether anything ended.
    bool Deliver()
    {
        bool ended = false;
        lock (gate)
        {
            generator.Follow(handOn);
            while (generator.TryTake(out GeneratedSequence? done))
            {
                ended = true;
                if (!followed.Remove(done.Id, out Followed? one))
                    continue;
                Write(one, done.Tokens, done.LogProbabilities);
                one.Writer.TryWrite(new GenerationEvent(one.Choice, 0, 0, done));
            }
        }
        return ended;
    }

    static void Write(Followed one, IReadOnlyList<int> tokens, IReadOnlyList<float> logProbabilities)
    {
        for (; one.Read < tokens.Count; one.Read++)
            one.Writer.TryWrite(new GenerationEvent(one.Choice, tokens[one.Read], logProbabilities[one.Read], null));
    }
}

/// <summary>A request that cannot be served; the message says what would be right.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="message">What is wrong.</param>
/// <param name="parameter">The field of the request that is wrong; null where it is none.</param>
internal sealed class ServingException(int status, string message, string? parameter = null) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>The field of the request that is wrong.</summary>
    public string? Parameter => parameter;
}
