using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using RLSquared.Algorithms;
using RLSquared.Files;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Files;

namespace RLSquared.Runs;

/// <summary>How far a run had come when its checkpoint was written.</summary>
/// <param name="Iteration">Iterations done.</param>
/// <param name="Steps">Environment steps taken.</param>
/// <param name="Seconds">Seconds spent training, over all sessions.</param>
/// <param name="BestReturn">
/// The highest mean return so far by which the best checkpoint is chosen: of an evaluation while training, or of the
/// iterations between two judgements; −∞ before the first.
/// </param>
public readonly record struct CheckpointFacts(int Iteration, long Steps, double Seconds, double BestReturn)
{
    /// <summary>
    /// The iterations since the last regular checkpoint; none in a regular one. One that an interrupt brought about
    /// carries them, so that the next regular one comes when it would have come, and is as good.
    /// </summary>
    public CheckpointWindow Window { get; init; }

    /// <summary>
    /// The iterations since the run was last judged (<see cref="Training.JudgeEvery"/>); none where it is judged with
    /// each regular checkpoint.
    /// </summary>
    public CheckpointWindow Unjudged { get; init; }
}

/// <summary>Some iterations in a row.</summary>
/// <param name="Iterations">How many.</param>
/// <param name="Steps">Their environment steps.</param>
/// <param name="ReturnSum">The sum of their mean returns.</param>
public readonly record struct CheckpointWindow(int Iterations, long Steps, double ReturnSum);

/// <summary>
/// The whole state of a run in one safetensors file: the floats as tensors, everything else in the metadata, with the
/// version of the layout and a hash. The hash is the SHA-256 of the file with the hash's own 64 digits as zeros, so
/// that not one bit can change unnoticed.
/// </summary>
public sealed class Checkpoint
{
    /// <summary>The version of the layout that the present code writes and reads.</summary>
    public const int CurrentVersion = 1;

    const string VersionKey = "rlsquared.checkpoint", AlgorithmKey = "algorithm", HashKey = "sha256";
    const string IterationKey = "iteration", StepsKey = "steps", SecondsKey = "seconds", BestKey = "best_return";
    const string WindowPrefix = "since_regular.", UnjudgedPrefix = "since_judged.", ReturnSumKey = "return_sum";
    const string CounterPrefix = "counter.", OptionPrefix = "option.", BytesPrefix = "bytes.";
    const int HashDigits = 2 * SHA256.HashSizeInBytes;
    const string AdapterPart = "adapter";

    readonly Dictionary<string, long> counters = [];
    readonly Dictionary<string, byte[]> blobs = [];
    readonly Dictionary<string, string> options = [];

    Checkpoint(string path, string algorithm, CheckpointFacts facts) =>
        (Path, Algorithm, Facts) = (path, algorithm, facts);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The name of the algorithm whose state it is.</summary>
    public string Algorithm { get; }

    /// <summary>How far the run had come.</summary>
    public CheckpointFacts Facts { get; }

    /// <summary>
    /// The observations and actions of the policy; null in a checkpoint of an earlier version, or of an algorithm
    /// without an agent.
    /// </summary>
    public TaskSpaces? Spaces { get; private init; }

    /// <summary>The options of task and algorithm that the network was built with.</summary>
    public IReadOnlyDictionary<string, string> Options => options;

    /// <summary>
    /// Writes the state of an algorithm. The file appears whole or not at all: it is written under another name in the
    /// same folder, flushed to the disk and then renamed. A file of that name is replaced.
    /// </summary>
    /// <param name="path">The file to write.</param>
    /// <param name="algorithm">Whose state.</param>
    /// <param name="facts">How far the run has come.</param>
    /// <param name="options">The options of task and algorithm, for messages when the state does not fit.</param>
    /// <exception cref="IOException">The file cannot be written: no room, no such folder.</exception>
    public static void Write(
        string path, IAlgorithm algorithm, CheckpointFacts facts, IReadOnlyDictionary<string, string> options)
    {
        ArgumentNullException.ThrowIfNull(algorithm);
        ArgumentNullException.ThrowIfNull(options);
        var writer = new SafetensorsWriter();
        IDictionary<string, string> metadata = writer.Metadata;
        metadata[VersionKey] = Text(CurrentVersion);
        metadata[AlgorithmKey] = algorithm.Name;
        metadata[IterationKey] = Text(facts.Iteration);
        metadata[StepsKey] = Text(facts.Steps);
        metadata[SecondsKey] = Text(facts.Seconds);
        metadata[BestKey] = Text(facts.BestReturn);
        foreach ((string prefix, CheckpointWindow window) in
            new[] { (WindowPrefix, facts.Window), (UnjudgedPrefix, facts.Unjudged) })
        {
            if (window.Iterations == 0)
                continue;
            metadata[prefix + IterationKey] = Text(window.Iterations);
            metadata[prefix + StepsKey] = Text(window.Steps);
            metadata[prefix + ReturnSumKey] = Text(window.ReturnSum);
        }
        if (algorithm is IAgentAlgorithm acting)
            SpacesMetadata.Write(acting.Spaces, metadata);
        var state = StateList.Of(algorithm);
        foreach ((string name, long value) in state.Integers)
            metadata[CounterPrefix + name] = Text(value);
        foreach ((string name, string value) in options)
            metadata[OptionPrefix + name] = value;
        foreach ((string name, byte[] bytes) in state.Blobs)
            metadata[BytesPrefix + name] = Convert.ToBase64String(bytes);
        foreach ((string name, Tensor tensor) in state.Tensors)
            writer.Add(name, tensor);

        WriteHashed(path, writer);
    }

    /// <summary>Writes a file whose metadata then holds its hash.</summary>
    internal static void WriteHashed(string path, SafetensorsWriter writer)
    {
        writer.Metadata[HashKey] = new string('0', HashDigits);
        WholeFile.Write(path, stream =>
        {
            writer.WriteTo(stream);
            (string hash, long place) = Hash(stream) ?? throw new InvalidOperationException("the hash has no place");
            stream.Position = place;
            stream.Write(System.Text.Encoding.ASCII.GetBytes(hash));
        });
    }

    /// <summary>Reads what a checkpoint says of itself, and checks its hash.</summary>
    /// <exception cref="InvalidDataException">
    /// It is truncated, damaged, no checkpoint, or of another version; the message says which.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Checkpoint Read(string path)
    {
        using SafetensorsReader reader = OpenChecked(path);
        return Describe(reader);
    }

    /// <summary>What an open checkpoint says of itself.</summary>
    /// <exception cref="InvalidDataException">Something is lacking; the message says what.</exception>
    internal static Checkpoint Describe(SafetensorsReader reader)
    {
        string path = reader.Source;
        IReadOnlyDictionary<string, string> metadata = reader.Metadata;
        string Get(string key) => metadata.TryGetValue(key, out string? value)
            ? value : throw new InvalidDataException($"{path} is no whole checkpoint: its metadata lacks '{key}'");
        // What is counted: no negative numbers, and none that an algorithm could not have come to.
        long Whole(string key, long most = long.MaxValue) => long.TryParse(
            Get(key), NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value <= most
            ? value : throw Damaged(key, $"whole number from 0 to {most}");
        double Number(string key) => double.TryParse(
            Get(key), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && !double.IsNaN(value)
            ? value : throw Damaged(key, "number");
        double Finite(string key) => Number(key) is var value && double.IsFinite(value)
            ? value : throw Damaged(key, "finite number");
        CheckpointWindow ReadWindow(string prefix) => !metadata.ContainsKey(prefix + IterationKey) ? default : new(
            (int)Whole(prefix + IterationKey, int.MaxValue), Whole(prefix + StepsKey), Finite(prefix + ReturnSumKey));
        byte[] Blob(string key, string text)
        {
            byte[] bytes = new byte[text.Length];
            return Convert.TryFromBase64String(text, bytes, out int length) ? bytes[..length]
                : throw Damaged(key, "text in base 64");
        }

        InvalidDataException Damaged(string key, string wanted) =>
            new($"{path} is damaged: its '{Excerpt.Of(key)}' is no {wanted}");

        var facts = new CheckpointFacts(
            (int)Whole(IterationKey, int.MaxValue), Whole(StepsKey), Finite(SecondsKey), Number(BestKey))
        {
            Window = ReadWindow(WindowPrefix),
            Unjudged = ReadWindow(UnjudgedPrefix),
        };
        if (facts.Seconds < 0)
            throw Damaged(SecondsKey, "time from 0 on");
        var checkpoint = new Checkpoint(path, Get(AlgorithmKey), facts)
        {
            Spaces = SpacesMetadata.Read(metadata, path),
        };
        foreach ((string key, string value) in metadata)
        {
            if (key.StartsWith(CounterPrefix, StringComparison.Ordinal))
                checkpoint.counters[key[CounterPrefix.Length..]] = Whole(key);
            else if (key.StartsWith(BytesPrefix, StringComparison.Ordinal))
                checkpoint.blobs[key[BytesPrefix.Length..]] = Blob(key, value);
            else if (key.StartsWith(OptionPrefix, StringComparison.Ordinal))
                checkpoint.options[key[OptionPrefix.Length..]] = value;
        }
        return checkpoint;
    }

    /// <summary>
    /// Puts the state into an algorithm that was built with the same options. When it does not fit, nothing is changed.
    /// </summary>
    /// <param name="algorithm">Receives the state.</param>
    /// <param name="options">The options that it was built with, for the message when the state does not fit.</param>
    /// <exception cref="InvalidDataException">
    /// Another algorithm, other tensors or other shapes; the message says which.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public void Restore(IAlgorithm algorithm, IReadOnlyDictionary<string, string> options)
    {
        ArgumentNullException.ThrowIfNull(algorithm);
        ArgumentNullException.ThrowIfNull(options);
        if (algorithm.Name != Algorithm)
        {
            throw new InvalidDataException(
                $"{Path} holds a state of {Excerpt.Of(Algorithm)}, and this is {algorithm.Name}");
        }
        using SafetensorsReader reader = OpenChecked(Path);
        var state = StateList.Of(algorithm);
        if (Difference(reader, state.Tensors) is { } difference)
            throw Misfit(difference);
        if (reader.Entries.Count != state.Tensors.Count)
        {
            string surplus = reader.Entries.First(entry => state.Tensors.All(own => own.Name != entry.Name)).Name;
            throw Misfit($"the checkpoint has '{Excerpt.Of(surplus)}', and this network lacks it");
        }
        if (state.Integers.Keys.FirstOrDefault(name => !counters.ContainsKey(name)) is { } lost)
            throw Misfit($"this network counts '{lost}', and the checkpoint does not");
        if (state.Blobs.Keys.FirstOrDefault(name => !blobs.ContainsKey(name)) is { } missing)
            throw Misfit($"this algorithm keeps '{missing}', and the checkpoint lacks it");

        algorithm.VisitState(new StateReader(reader, counters, blobs));

        InvalidDataException Misfit(string what)
        {
            string[] other = [.. Options
                .Where(pair => options.TryGetValue(pair.Key, out string? now) && now != pair.Value)
                .Select(pair => $"{pair.Key}={Excerpt.Of(pair.Value)}")];
            string hint = other.Length == 0 ? "" : $"; set {string.Join(" ", other)}, as when it was written";
            return new InvalidDataException($"{Path} does not fit: {what}{hint}");
        }
    }

    /// <summary>
    /// Puts the weights alone into an algorithm, which then begins with what another run has learned: a warm start. The
    /// task may be another one, and so may the algorithm, as long as the networks are alike. When they are not, nothing
    /// is changed. An adapter stays as it is where the checkpoint has none: it learns on what the other run has
    /// learned.
    /// </summary>
    /// <param name="algorithm">Receives the weights; its optimiser, counters and statistics stay as they are.</param>
    /// <param name="options">The options that it was built with, for the message when the weights do not fit.</param>
    /// <exception cref="InvalidDataException">Other parameters or other shapes; the message says which.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public void RestoreWeights(IAlgorithm algorithm, IReadOnlyDictionary<string, string> options)
    {
        ArgumentNullException.ThrowIfNull(algorithm);
        ArgumentNullException.ThrowIfNull(options);
        using SafetensorsReader reader = OpenChecked(Path);
        HashSet<string> there = [.. reader.Entries.Select(entry => PartOf(entry.Name))];
        List<(string Name, Tensor Tensor)> weights =
        [
            .. algorithm.Parameters.Groups
                .Where(group => group.Name != AdapterPart || there.Contains(AdapterPart))
                .SelectMany(group => group.All).Select(parameter => (parameter.Name, parameter.Value)),
        ];
        string? difference = Difference(reader, weights);
        if (difference is null && Surplus() is { } surplus)
            difference = $"the checkpoint has '{Excerpt.Of(surplus)}', and this network lacks it";
        if (difference is not null)
        {
            string[] others = [.. options
                .Where(pair => Options.TryGetValue(pair.Key, out string? there) && there != pair.Value)
                .Select(pair => $"{pair.Key}={Excerpt.Of(Options[pair.Key])} (here {pair.Value})")];
            string hint = others.Length == 0 ? "" : $"; it was written with {string.Join(", ", others)}";
            throw new InvalidDataException($"{Path} cannot be started from: {difference}{hint}");
        }
        foreach ((string name, Tensor tensor) in weights)
            reader.Read(name, tensor);

        // A weight of a part that this network has too (policy, value); other entries are the optimiser's and the like.
        string? Surplus()
        {
            HashSet<string> own = [.. weights.Select(weight => weight.Name)], parts = [.. own.Select(PartOf)];
            return reader.Entries.FirstOrDefault(
                entry => parts.Contains(PartOf(entry.Name)) && !own.Contains(entry.Name))?.Name;
        }

        static string PartOf(string name) => name.Split('.')[0];
    }

    /// <summary>What keeps a file from being read into these tensors, in one clause; null if nothing does.</summary>
    static string? Difference(SafetensorsReader reader, IEnumerable<(string Name, Tensor Tensor)> tensors)
    {
        foreach ((string name, Tensor tensor) in tensors)
        {
            if (reader.Find(name) is not { } entry)
                return $"this network has '{name}', and the checkpoint lacks it";
            if (entry.Shape != tensor.Shape.ToString() || entry.Type != "F32")
                return $"{name} is {Excerpt.Of(entry.Shape)} in the checkpoint but {tensor.Shape} in this network";
        }
        return null;
    }

    /// <summary>Opens a checkpoint and checks its hash.</summary>
    /// <exception cref="InvalidDataException">It is damaged or no checkpoint; the message says which.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static SafetensorsReader OpenChecked(string path)
    {
        // Training may replace or delete the file meanwhile; what is open stays readable to its end.
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        var reader = new SafetensorsReader(stream, path);               // disposes the stream, also when it fails
        try
        {
            if (!reader.Metadata.TryGetValue(VersionKey, out string? version))
            {
                throw new InvalidDataException(
                    $"{path} is no checkpoint: it is a safetensors file without '{VersionKey}'");
            }
            if (version != Text(CurrentVersion))
            {
                throw new InvalidDataException(
                    $"{path} has version {Excerpt.Of(version)} of its layout, " +
                    $"and this program reads version {CurrentVersion}");
            }
            if (!reader.Metadata.TryGetValue(HashKey, out string? hash) || Hash(stream) is not { } found)
                throw new InvalidDataException($"{path} is damaged: it carries no hash");
            if (hash != found.Hash)
            {
                throw new InvalidDataException(
                    $"{path} is damaged: its SHA-256 is {found.Hash}, " +
                    $"and it was {Excerpt.Of(hash)} when it was written");
            }
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    // The hash of the file with the hash's own digits as zeros, and where those digits are. A quotation mark within a
    // JSON text is escaped, so the key is found nowhere else.
    static (string Hash, long Place)? Hash(Stream stream)
    {
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        stream.Position = 0;
        stream.ReadExactly(prefix);
        byte[] header = new byte[BinaryPrimitives.ReadInt64LittleEndian(prefix)];
        stream.ReadExactly(header);
        ReadOnlySpan<byte> key = "\"sha256\":\""u8;
        int place = header.AsSpan().IndexOf(key) + key.Length;
        if (place < key.Length || place + HashDigits > header.Length)
            return null;
        header.AsSpan(place, HashDigits).Fill((byte)'0');

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(prefix);
        hash.AppendData(header);
        byte[] piece = new byte[1 << 16];
        for (int read; (read = stream.Read(piece)) > 0;)
            hash.AppendData(piece.AsSpan(0, read));
        return (Convert.ToHexStringLower(hash.GetHashAndReset()), prefix.Length + place);
    }

    static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}

/// <summary>Reads a state from a checkpoint that was found to have all of its parts.</summary>
sealed class StateReader(
    SafetensorsReader reader, IReadOnlyDictionary<string, long> integers, IReadOnlyDictionary<string, byte[]> blobs)
    : StateVisitor
{
    public override void Tensor(string name, Tensor tensor) => reader.Read(name, tensor);

    public override void Integer(string name, ref long value) => value = integers[name];

    public override void Bytes(string name, ref byte[] bytes) => bytes = blobs[name];
}
