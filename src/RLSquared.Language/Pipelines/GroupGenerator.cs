using System.Text;
using RLSquared.Language.Data;
using RLSquared.Language.Experience;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors;

namespace RLSquared.Language.Pipelines;

/// <summary>What the generators of a pipeline have in common.</summary>
/// <param name="Task">Prompts and answers.</param>
/// <param name="Sampling">How tokens are drawn; the most tokens are those of a whole conversation.</param>
/// <param name="GroupSize">G.</param>
/// <param name="InFlight">H, sequences in flight of each.</param>
/// <param name="Generators">I.</param>
/// <param name="Seed">Of the run.</param>
/// <param name="KeepsCache">Whether keys and values of older weights are kept.</param>
sealed record GenerationPlan(
    PromptTask Task, SamplingOptions Sampling, int GroupSize, int InFlight, int Generators, ulong Seed,
    bool KeepsCache);

/// <summary>
/// One generator of a pipeline. Of the groups 0, 1, 2, … it makes those whose number leaves its own place when divided
/// by the number of generators, in that order, with H sequences in flight that are refilled at once. What it draws
/// depends on its place, on the weights that it was given, and on the decode steps between: never on the clock. One
/// that runs freely makes the groups that it is given in place of these.
/// </summary>
sealed class GroupGenerator : IDisposable
{
    readonly GenerationPlan plan;
    readonly Generator generator;
    readonly SortedDictionary<long, Completion?[]> open = [];            // groups that have begun, by number
    readonly Dictionary<long, Conversation> asked = [];                  // by the number of the request
    readonly Func<long?>? numbers;
    readonly Lock gate = new();

    /// <param name="model">Whose weights it begins with.</param>
    /// <param name="plan">What it shares with the others.</param>
    /// <param name="place">Which one it is, from 0.</param>
    /// <param name="workers">Whose threads compute; null for the calling one.</param>
    /// <param name="numbers">
    /// Gives the number of the next group that it begins, or none for now; null where it makes those of its place.
    /// </param>
    public GroupGenerator(
        LanguageModel model, GenerationPlan plan, int place, Workers? workers, Func<long?>? numbers = null)
    {
        (this.plan, Place, NextGroup, this.numbers) = (plan, place, place, numbers);
        generator = new Generator(
            model, new GeneratorOptions { MostInFlight = plan.InFlight }, plan.Task.Tokenizer, workers);
    }

    /// <summary>Which one it is, from 0.</summary>
    public int Place { get; }

    /// <summary>The number of its group that begins next, where it makes those of its place.</summary>
    public long NextGroup { get; private set; }

    /// <summary>The version of its weights.</summary>
    public int Version => generator.Version;

    /// <summary>Sequences in flight or about to be.</summary>
    public int InFlight => generator.InFlight + generator.Waiting;

    /// <summary>Decode steps so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Σ of the sequences in flight over all steps.</summary>
    public long InFlightSteps { get; private set; }

    /// <summary>Tokens that were drawn in the turns that are over.</summary>
    public long Drawn { get; private set; }

    /// <summary>The groups that it has begun and not finished, in order.</summary>
    public long[] Open { get; private set; } = [];

    /// <summary>Whether all of its groups below a number are made.</summary>
    public bool HasMade(long groups)
    {
        lock (gate)
            return NextGroup >= groups && (open.Count == 0 || open.Keys.First() >= groups);
    }

    /// <summary>Takes weights between two steps.</summary>
    public void TakeWeights(WeightSnapshot snapshot, int version)
    {
        lock (gate)
            generator.TakeWeights(snapshot, version, recomputes: !plan.KeepsCache);
    }

    /// <summary>Begins what may begin, and draws the next token of all sequences in flight.</summary>
    /// <param name="allowed">Groups with lower numbers may begin.</param>
    /// <param name="made">Receives each group that is whole, with its number.</param>
    /// <returns>Whether anything was in flight.</returns>
    public bool Step(long allowed, Action<long, IReadOnlyList<Completion>> made)
    {
        lock (gate)
        {
            while (InFlight < plan.InFlight && Next(allowed) is { } number)
                Begin(number);
            if (generator.IsIdle)
                return false;
            InFlightSteps += generator.InFlight;
            Steps++;
            generator.Step();
            while (generator.TryTake(out GeneratedSequence? turn))
            {
                Drawn += turn.Tokens.Count;
                asked.Remove(turn.Id, out Conversation? conversation);
                if (conversation!.Receive(turn))
                    asked.Add(conversation.Submit(generator, plan.Sampling), conversation);
                else if (IsWhole(conversation) is { } group)
                    made(conversation.GroupId, group);
            }
            return true;
        }
    }

    long? Next(long allowed)
    {
        if (numbers is not null)
            return numbers();
        long number = NextGroup;
        if (number >= allowed)
            return null;
        NextGroup += plan.Generators;
        return number;
    }

    void Begin(long number)
    {
        PromptExample example = plan.Task.Draw(plan.Seed, number);
        open.Add(number, new Completion?[plan.GroupSize]);
        Open = [.. open.Keys];
        for (int g = 0; g < plan.GroupSize; g++)
        {
            Conversation conversation = Converse(example, number, number * plan.GroupSize + g);
            asked.Add(conversation.Submit(generator, plan.Sampling), conversation);
        }
    }

    Conversation Converse(PromptExample example, long group, long sample) => new(plan.Task, example,
        Math.Min(plan.Sampling.MaximumTokens, plan.Task.LongestCompletionOf(example)), group, sample, plan.Seed,
        PromptSplit.Training);

    // A group leaves when its last completion is there: one that left sooner would be of the short ones.
    Completion[]? IsWhole(Conversation conversation)
    {
        Completion?[] group = open[conversation.GroupId];
        group[conversation.Sample % plan.GroupSize] = conversation.ToCompletion();
        if (Array.Exists(group, one => one is null))
            return null;
        open.Remove(conversation.GroupId);
        Open = [.. open.Keys];
        return [.. group.OfType<Completion>()];
    }

    /// <summary>Groups in flight with all they have so far, whole and exact.</summary>
    public byte[] Save()
    {
        lock (gate)
        {
            using var stream = new MemoryStream();
            using var writer = new BinaryWriter(stream, Encoding.UTF8);
            writer.Write(NextGroup);
            writer.Write(Steps);
            writer.Write(InFlightSteps);
            writer.Write(open.Count);
            foreach ((long number, Completion?[] group) in open)
            {
                writer.Write(number);
                byte[] made = CompletionBytes.Write([.. group.OfType<Completion>()]);
                writer.Write(made.Length);
                writer.Write(made);
            }
            writer.Write(asked.Count);
            foreach ((long request, Conversation conversation) in asked.OrderBy(pair => pair.Key))
            {
                writer.Write(request);
                conversation.Write(writer);
            }
            byte[] flight = generator.SaveFlight();
            writer.Write(flight.Length);
            writer.Write(flight);
            writer.Flush();
            return stream.ToArray();
        }
    }

    /// <summary>Goes on with what <see cref="Save"/> gave; the weights of then were taken before.</summary>
    /// <exception cref="InvalidDataException">The bytes are none of these, or of other options.</exception>
    public void Restore(byte[] bytes)
    {
        lock (gate)
        {
            try
            {
                using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
                open.Clear();
                asked.Clear();
                (NextGroup, Steps, InFlightSteps) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
                if (NextGroup < 0 || NextGroup % plan.Generators != Place)
                    throw new InvalidDataException($"group {NextGroup} is not of generator {Place}");
                for (int left = reader.ReadInt32(); left > 0; left--)
                {
                    var group = new Completion?[plan.GroupSize];
                    open.Add(reader.ReadInt64(), group);
                    foreach (Completion one in CompletionBytes.Read(reader.ReadBytes(reader.ReadInt32())))
                        group[one.TrajectoryId % plan.GroupSize] = one;
                }
                for (int left = reader.ReadInt32(); left > 0; left--)
                {
                    (long request, long sample) = (reader.ReadInt64(), reader.ReadInt64());
                    long number = sample / plan.GroupSize;
                    Conversation conversation = Converse(plan.Task.Draw(plan.Seed, number), number, sample);
                    conversation.Read(reader);
                    asked.Add(request, conversation);
                }
                generator.RestoreFlight(reader.ReadBytes(reader.ReadInt32()));
                Open = [.. open.Keys];
            }
            catch (Exception failure) when (failure is EndOfStreamException or ArgumentException or FormatException)
            {
                throw new InvalidDataException($"groups in flight cannot be read: {failure.Message}", failure);
            }
        }
    }

    public void Dispose() => generator.Dispose();
}
