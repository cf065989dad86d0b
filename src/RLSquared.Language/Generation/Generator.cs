using System.Diagnostics.CodeAnalysis;
using System.Text;
using RLSquared.Language.Models;
using RLSquared.Language.Tokenizers;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Language.Generation;

/// <summary>
/// Generates completions of many prompts at once (continuous batching): every step draws the next token of each
/// sequence in flight, and where one ends, a waiting one takes its place.
/// <para>A completion depends on its prompt, its options, its seed and the weights alone: not on what else is in
/// flight, nor on the number of threads. The generator has its own copy of the weights, so training may go on
/// meanwhile; <see cref="TakeWeights(int?)"/> between two steps gives it the present ones. Sequences in flight go on
/// with the keys and values that older weights left, and each token says which version drew it.</para>
/// <para>One thread steps; <see cref="TakeWeights(int?)"/>, <see cref="Submit"/> and <see cref="Abort"/> may be called
/// from others and wait for the step to end.</para>
/// </summary>
public sealed partial class Generator : IDisposable
{
    readonly LanguageModel model;
    readonly GeneratorOptions options;
    readonly Tokenizer? tokenizer;
    readonly Workers workers;
    readonly bool ownsWorkers;
    readonly PackedWeights weights;
    readonly PagePool pool;
    readonly PagedPass[] passes;
    readonly Action<int> runPass;
    readonly LinkedList<SequenceState> waiting = [];
    readonly List<SequenceState> running = [];
    readonly Queue<GeneratedSequence> finished = [];
    readonly Dictionary<int[], PromptGroup> groups = new(new PromptGroup.Comparer());
    readonly KeptConversations kept;
    readonly Lock gate = new();
    long nextId;

    /// <summary>A generator with a copy of the model's weights as they are now.</summary>
    /// <param name="model">The model, on the processor.</param>
    /// <param name="options">How it works; null for the usual.</param>
    /// <param name="tokenizer">For texts; null for ids alone. Ids that it does not have are never drawn.</param>
    /// <param name="workers">Whose threads compute; null for the calling one.</param>
    /// <exception cref="ArgumentException">The model lives on another device, or an option is out of range.</exception>
    public Generator(LanguageModel model, GeneratorOptions? options = null, Tokenizer? tokenizer = null,
        Workers? workers = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        this.model = model;
        this.options = options ?? new GeneratorOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(this.options.MostInFlight, 1, "MostInFlight");
        ArgumentOutOfRangeException.ThrowIfLessThan(this.options.PromptTokensPerStep, 1, "PromptTokensPerStep");
        if (!model.Parameters.Device.IsHost)
            throw new ArgumentException(
                $"a generator computes on the cpu, and the model is on {model.Parameters.Device}");
        this.tokenizer = tokenizer;
        if (tokenizer is not null && tokenizer.Count < model.UsedVocabulary)
            model.UsedVocabulary = tokenizer.Count;
        ownsWorkers = workers is null;
        this.workers = workers ?? new Workers(1);
        ModelConfiguration c = model.Configuration;
        var layout = new PageLayout(c.Layers, new AttentionShape(c.Heads, c.KeyValueHeads, c.HeadSize, 0));
        pool = new PagePool(layout, this.options.CacheBytes);
        kept = new KeptConversations(pool);
        weights = new PackedWeights(model);
        passes = [.. Enumerable.Range(0, this.workers.Threads).Select(_ => new PagedPass(model, weights, layout))];
        runPass = piece => passes[piece].Run();
        weights.Take(null);
    }

    /// <summary>The version of the weights that it computes with: 0 at first.</summary>
    public int Version { get; private set; }

    /// <summary>Sequences that are being computed.</summary>
    public int InFlight => running.Count;

    /// <summary>Requests that have not begun.</summary>
    public int Waiting => waiting.Count;

    /// <summary>Whether nothing is in flight or waiting.</summary>
    public bool IsIdle => running.Count == 0 && waiting.Count == 0;

    /// <summary>Tokens of prompts that were computed, in all; those that were shared do not count.</summary>
    public long PromptTokensComputed { get; private set; }

    /// <summary>Tokens that were drawn, in all.</summary>
    public long TokensDrawn { get; private set; }

    /// <summary>Pages of keys and values that are held.</summary>
    internal int PagesHeld => pool.Held;

    /// <summary>Asks for a completion.</summary>
    /// <param name="prompt">[T] ids, at least one and fewer than the context of the model.</param>
    /// <param name="sampling">How tokens are drawn; null for the usual.</param>
    /// <param name="seed">Of the draws; give each sample of one prompt another.</param>
    /// <param name="continues">
    /// A request that was kept, from which the prompt goes on with all of its tokens: its keys and values are used.
    /// </param>
    /// <param name="keeps">
    /// Whether keys and values are kept when it ends, for a request that goes on from it; until then, or until
    /// <see cref="ForgetKept"/> or other weights.
    /// </param>
    /// <returns>The number of the request, which its <see cref="GeneratedSequence"/> has.</returns>
    /// <exception cref="ArgumentException">
    /// The prompt is empty, too long, or has an id that is none; an option is out of range; stop texts need a
    /// tokenizer;
    /// or the keys and values would not fit into the memory for them.
    /// </exception>
    public long Submit(ReadOnlySpan<int> prompt, SamplingOptions? sampling = null, ulong seed = 0,
        long? continues = null, bool keeps = false)
    {
        sampling ??= new SamplingOptions();
        sampling.Require();
        Require(prompt);
        if (sampling.StopTexts.Count > 0 && tokenizer is null)
            throw new ArgumentException("stop texts need a tokenizer: give one to the generator");
        int longest = (int)Math.Min((long)prompt.Length + sampling.MaximumTokens, model.Configuration.MaximumPositions);
        int pages = PageLayout.PagesFor(longest) + 1;
        if (pages > pool.Most)
        {
            throw new ArgumentException($"a prompt of {prompt.Length} and {longest - prompt.Length} new tokens need " +
                $"{pages * pool.PageBytes} bytes of keys and values, and CacheBytes allows " +
                $"{pool.Most * pool.PageBytes}");
        }
        lock (gate)
        {
            int[] ids = prompt.ToArray();
            if (!groups.TryGetValue(ids, out PromptGroup? group))
                groups.Add(ids, group = new PromptGroup(ids));
            group.Waiting++;
            waiting.AddLast(new SequenceState(nextId, group, sampling, seed, longest)
            {
                ReservedPages = pages,
                Continues = continues,
                IsKept = keeps,
                StopTokens = [.. sampling.StopTokens ?? model.Configuration.EndTokens],
                StopTexts = [.. sampling.StopTexts.Select(Encoding.UTF8.GetBytes)],
            });
            return nextId++;
        }
    }

    /// <summary>Forgets the keys and values of requests that were kept.</summary>
    public void ForgetKept()
    {
        lock (gate)
            kept.Forget();
    }

    /// <summary>Ends a request; what was drawn as yet is among the finished ones.</summary>
    /// <returns>Whether it was waiting or in flight.</returns>
    public bool Abort(long id)
    {
        lock (gate)
        {
            if (running.Find(sequence => sequence.Id == id) is { } sequence)
            {
                sequence.Ending = EndReason.Aborted;
                running.Remove(sequence);
                Finish(sequence);
                return true;
            }
            if (waiting.FirstOrDefault(sequence => sequence.Id == id) is not { } asked)
                return false;
            asked.Ending = EndReason.Aborted;
            waiting.Remove(asked);
            Leave(asked.Group);
            finished.Enqueue(Result(asked));
            return true;
        }
    }

    /// <summary>Takes the model's weights as they are now.</summary>
    /// <param name="version">What tokens from now on are marked with; null for one more than before.</param>
    public void TakeWeights(int? version = null)
    {
        lock (gate)
            Take(null, version);
    }

    /// <summary>Takes the weights of a snapshot, which may be disposed afterwards.</summary>
    /// <param name="snapshot">Of the model's parameters.</param>
    /// <param name="version">What tokens from now on are marked with; null for one more than before.</param>
    /// <param name="recomputes">
    /// Whether the keys and values of sequences in flight are computed anew with these weights; else those that older
    /// weights left are kept.
    /// </param>
    /// <exception cref="ArgumentException">The snapshot is of another model.</exception>
    public void TakeWeights(WeightSnapshot snapshot, int? version = null, bool recomputes = false)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (snapshot.Parameters != model.Parameters)
            throw new ArgumentException("the snapshot is of another model's weights");
        lock (gate)
        {
            Take(snapshot, version);
            foreach (SequenceState sequence in recomputes ? running : [])
            {
                sequence.DropPages(pool);
                sequence.Cached = 0;
            }
        }
    }

    /// <summary>
    /// What is in flight and waiting, whole and exact, with keys and values: a checkpoint of generation. What has
    /// finished is taken out before.
    /// </summary>
    internal byte[] SaveFlight()
    {
        lock (gate)
        {
            return finished.Count > 0
                ? throw new InvalidOperationException($"{finished.Count} finished completions were not taken out")
                : GenerationFlight.Write(waiting, running, groups, pool, nextId, Version);
        }
    }

    /// <summary>Goes on with what <see cref="SaveFlight"/> gave, in place of what is there.</summary>
    /// <param name="flight">Of a generator with the same weights.</param>
    /// <exception cref="InvalidDataException">It is of another model, or no flight at all.</exception>
    internal void RestoreFlight(byte[] flight)
    {
        lock (gate)
        {
            foreach (SequenceState sequence in running)
            {
                sequence.DropPages(pool);
                pool.Release(sequence.ReservedPages);
            }
            foreach (PromptGroup group in groups.Values)
                group.Forget(pool);
            kept.Forget();
            waiting.Clear();
            running.Clear();
            groups.Clear();
            finished.Clear();
            (nextId, Version) = GenerationFlight.Read(flight, waiting, running, groups, pool, tokenizer);
        }
    }

    /// <summary>Draws the next token of every sequence in flight, after waiting ones have taken free places.</summary>
    /// <returns>Tokens that were drawn.</returns>
    public int Step()
    {
        lock (gate)
        {
            Admit();
            Plan();
            if (IsAlone)
                passes[0].Run(workers);
            else
                workers.Run(passes.Length, runPass);
            int drawn = 0, kept = 0;
            for (int i = 0; i < running.Count; i++)
            {
                SequenceState sequence = running[i];
                bool draws = sequence.Draws, ends = false;
                PromptTokensComputed += Math.Min(sequence.Rows, Math.Max(0, sequence.Prompt.Length - sequence.Cached));
                sequence.Cached += sequence.Rows;
                if (sequence.Group.Leader == sequence && sequence.Cached >= sequence.Prompt.Length)
                    Computed(sequence);
                if (draws)
                {
                    drawn++;
                    ends = sequence.Append(Version, tokenizer);
                }
                if (ends)
                    Finish(sequence);
                else
                    running[kept++] = sequence;
            }
            running.RemoveRange(kept, running.Count - kept);
            TokensDrawn += drawn;
            return drawn;
        }
    }

    /// <summary>Takes out a finished completion, in the order in which they ended.</summary>
    public bool TryTake([NotNullWhen(true)] out GeneratedSequence? generation)
    {
        lock (gate)
            return finished.TryDequeue(out generation);
    }

    /// <summary>
    /// Shows the sequences in flight to a reader that follows them token by token; it must not keep the lists.
    /// </summary>
    /// <param name="visit">
    /// Receives the number of a request, the ids that were drawn so far and their log μ; called from this thread,
    /// while no step is taken.
    /// </param>
    public void Follow(Action<long, IReadOnlyList<int>, IReadOnlyList<float>> visit)
    {
        ArgumentNullException.ThrowIfNull(visit);
        lock (gate)
        {
            foreach (SequenceState sequence in running)
                visit(sequence.Id, sequence.Tokens, sequence.LogProbabilities);
        }
    }

    /// <summary>Steps until nothing is left, and gives all completions in the order of their requests.</summary>
    /// <param name="cancellation">Ends it between two steps; the sequences stay in flight.</param>
    public IReadOnlyList<GeneratedSequence> Run(CancellationToken cancellation = default)
    {
        while (!IsIdle)
        {
            cancellation.ThrowIfCancellationRequested();
            Step();
        }
        List<GeneratedSequence> all = [];
        while (TryTake(out GeneratedSequence? one))
            all.Add(one);
        all.Sort((a, b) => a.Id.CompareTo(b.Id));
        return all;
    }

    /// <summary>Returns the memory; what is in flight is lost.</summary>
    public void Dispose()
    {
        foreach (PagedPass pass in passes)
            pass.Dispose();
        weights.Dispose();
        pool.Dispose();
        if (ownsWorkers)
            workers.Dispose();
    }

    GeneratedSequence Result(SequenceState sequence) => new()
    {
        Id = sequence.Id,
        Prompt = sequence.Prompt,
        Tokens = [.. sequence.Tokens],
        LogProbabilities = [.. sequence.LogProbabilities],
        Versions = [.. sequence.Versions],
        Ending = sequence.Ending ?? EndReason.Aborted,
        Text = tokenizer is null ? "" : sequence.Text(tokenizer),
    };

    void Require(ReadOnlySpan<int> prompt)
    {
        if (prompt.IsEmpty)
            throw new ArgumentException("a prompt has at least one token, such as the text's beginning");
        int context = model.Configuration.MaximumPositions;
        if (prompt.Length >= context)
        {
            throw new ArgumentException(
                $"the prompt has {prompt.Length} tokens, and the context of the model is {context} " +
                "with the completion");
        }
        foreach (int id in prompt)
        {
            if ((uint)id >= (uint)model.Configuration.Vocabulary)
                throw new ArgumentException($"{id} is none of the {model.Configuration.Vocabulary} ids of the model");
        }
    }
}
