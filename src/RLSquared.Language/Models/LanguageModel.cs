using RLSquared.Tensors;
using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Models;

/// <summary>What a model says about the tokens of a batch.</summary>
/// <param name="LogProbabilities">
/// [M, 1]: the logarithm of the probability of each scored token behind what stands before it in its sequence; 0,
/// without a gradient, for the others.
/// </param>
/// <param name="Entropies">
/// [M, 1]: the entropy of the distribution that gave each scored token its probability; 0 for the others.
/// </param>
/// <param name="Hidden">[M, D]: each token after the last norm, as a value head wants it.</param>
public readonly record struct TokenScores(Tensor LogProbabilities, Tensor Entropies, Tensor Hidden);

/// <summary>
/// A decoder: Llama 3, Qwen 2.5 or Qwen 3, as its configuration says. It reads and writes Hugging Face folders.
/// <para>A token's row passes through the layers as the code below says, from <see cref="Decode"/> downwards. Training
/// and generation run this same code, and every kernel below it computes a row in one fixed order, whatever rows stand
/// beside it. So the log-probabilities that a token was sampled with and those that training finds are the same bits
/// as long as the weights are: the on-policy ratio is exactly 1.</para>
/// </summary>
public sealed class LanguageModel : IDisposable
{
    readonly DecoderLayer[] layers;
    readonly Parameter embedding, norm, head;
    int usedVocabulary;

    LanguageModel(ModelConfiguration configuration, ParameterSet parameters)
    {
        Configuration = configuration;
        Parameters = parameters;
        Rotations = new RotaryTable(configuration);
        usedVocabulary = configuration.Vocabulary;
        layers = new DecoderLayer[configuration.Layers];
        for (int layer = 0; layer < layers.Length; layer++)
            layers[layer] = new DecoderLayer(parameters, layer, configuration);
        embedding = Find("model.embed_tokens.weight");
        norm = Find("model.norm.weight");
        head = configuration.TiesEmbeddings || configuration.Labels > 0 ? embedding : Find("lm_head.weight");

        Parameter Find(string name) => parameters.All.First(parameter => parameter.Name == name);
    }

    /// <summary>A new model with random weights.</summary>
    /// <param name="configuration">What it is made of, such as <see cref="ModelConfiguration.Small"/>.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="device">Where it computes; null for the processor.</param>
    /// <exception cref="ArgumentException">The configuration is that of a classifier.</exception>
    public static LanguageModel Create(ModelConfiguration configuration, ulong seed = 0, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (configuration.Labels > 0)
            throw new ArgumentException("the configuration has labels; SequenceClassifier.From makes a classifier");
        LanguageModel model = Empty(configuration, device);
        var random = new RandomKey(seed, RandomKey.Weights, 0);
        // What layers add to the stream begins smaller, so that its size does not grow with the depth.
        double shrunk = configuration.InitialDeviation / Math.Sqrt(2.0 * configuration.Layers);
        foreach (Parameter parameter in model.Parameters.All)
        {
            string name = parameter.Name;
            if (name.EndsWith("norm.weight", StringComparison.Ordinal))
                parameter.SetAll(1);
            else if (name.EndsWith(".weight", StringComparison.Ordinal))
                Fill(parameter, random, IsAdded(name) ? shrunk : configuration.InitialDeviation);
        }
        return model;

        static bool IsAdded(string name) => name.EndsWith("o_proj.weight", StringComparison.Ordinal)
            || name.EndsWith("down_proj.weight", StringComparison.Ordinal);
    }

    /// <summary>Reads a Hugging Face folder: <c>config.json</c> and the safetensors files.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where the model computes; null for the processor.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is not as its format wants it, or the weights do not fit the configuration; one sentence says what.
    /// </exception>
    public static LanguageModel Load(string folder, Device? device = null) => ModelFolder.Load(folder, device);

    /// <summary>Writes <c>config.json</c> and the weights as other tools read them.</summary>
    /// <param name="folder">The folder; is made if it is not there.</param>
    /// <param name="bytesPerFile">The most bytes of weights in one file; more make several with an index.</param>
    /// <param name="weights">What they are rounded to; with <see cref="WeightType.Float32"/> nothing is.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="InvalidDataException">A weight is beyond the largest number of the type.</exception>
    public void Save(string folder, long bytesPerFile = 4L << 30, WeightType weights = WeightType.Float32) =>
        ModelFolder.Save(this, folder, bytesPerFile, weights);

    /// <summary>A model of the same weights that changes by itself: the reference policy, for one.</summary>
    public LanguageModel Clone()
    {
        LanguageModel copy = Empty(Configuration, Parameters.Device);
        if (Adapter is not null)
            LowRankAdapter.Add(copy, Adapter.Configuration);
        copy.Parameters.CopyFrom(Parameters);
        copy.usedVocabulary = usedVocabulary;
        return copy;
    }

    /// <summary>
    /// Adds a low-rank adapter (LoRA) that changes nothing yet, and freezes everything else: from now on the adapter
    /// alone learns, in the parameter group <c>adapter</c>.
    /// </summary>
    /// <param name="configuration">Rank, scale and the projections that get one. No dropout is applied.</param>
    /// <param name="seed">Of the first weights.</param>
    /// <exception cref="InvalidOperationException">There is an adapter already.</exception>
    /// <exception cref="ArgumentException">The configuration names no projection of the model.</exception>
    public void AddAdapter(AdapterConfiguration configuration, ulong seed = 0)
    {
        LowRankAdapter.Add(this, configuration);
        Adapter!.Initialise(seed);
    }

    /// <summary>Adds the adapter of a PEFT folder, and freezes everything else.</summary>
    /// <param name="folder">With <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no adapter of this model; one sentence says why.</exception>
    /// <exception cref="InvalidOperationException">There is an adapter already.</exception>
    public void LoadAdapter(string folder) => LowRankAdapter.Load(this, folder);

    /// <summary>Writes the adapter as PEFT reads it.</summary>
    /// <param name="folder">The folder; is made if it is not there.</param>
    /// <exception cref="InvalidOperationException">There is no adapter.</exception>
    public void SaveAdapter(string folder) => (Adapter ?? throw NoAdapter()).Save(folder);

    /// <summary>A model without an adapter, whose weights are W + scale · B A.</summary>
    /// <exception cref="InvalidOperationException">There is no adapter.</exception>
    public LanguageModel Merge()
    {
        LowRankAdapter adapter = Adapter ?? throw NoAdapter();
        LanguageModel merged = Empty(Configuration, Parameters.Device);
        merged.usedVocabulary = usedVocabulary;
        foreach ((Parameter to, Parameter from) in merged.Parameters.All.Zip(Parameters.All))
            to.CopyFrom(from.Value);
        adapter.MergeInto(merged);
        return merged;
    }

    static InvalidOperationException NoAdapter() => new("the model has no adapter; add one first");

    /// <summary>The adapter, or null.</summary>
    internal LowRankAdapter? Adapter { get; set; }

    /// <summary>Whether there is an adapter.</summary>
    public bool HasAdapter => Adapter is not null;

    /// <summary>What the model is made of.</summary>
    public ModelConfiguration Configuration { get; }

    /// <summary>All that it learns, by the names of the folder.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>
    /// Ids from this on stand for nothing: they have no probability, in training as in sampling. At first the rows of
    /// the embedding, which are often more than the tokenizer has ids; a generator with a tokenizer sets it to these.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1 or above the rows of the embedding.</exception>
    public int UsedVocabulary
    {
        get => usedVocabulary;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Configuration.Vocabulary);
            usedVocabulary = value;
        }
    }

    /// <summary>
    /// Whether training keeps of each layer only what goes in and comes out, and computes the rest again on the way
    /// back: about a tenth of the memory for a third more time, and the same bits.
    /// </summary>
    public bool Recomputes { get; set; }

    /// <summary>The angles of positions.</summary>
    internal RotaryTable Rotations { get; }

    internal IReadOnlyList<DecoderLayer> Layers => layers;

    /// <summary>The tokens' rows, [V, D].</summary>
    internal Parameter Embedding => embedding;

    /// <summary>The output's weights, [V, D].</summary>
    internal Parameter Head => head;

    /// <summary>
    /// What the model says about the scored tokens of a batch, with gradients where the tape records.
    /// </summary>
    /// <param name="tape">Of the model's device.</param>
    /// <param name="batch">The sequences; at least one.</param>
    /// <param name="temperature">Scores are divided by it; what the tokens were sampled with.</param>
    /// <param name="usesAdapter">False leaves the adapter out: a reference policy.</param>
    /// <exception cref="ArgumentException">
    /// The batch is empty, a sequence is longer than the context, or an id is beyond the vocabulary.
    /// </exception>
    public TokenScores LogProbabilities(
        Tape tape, PackedBatch batch, float temperature = 1, bool usesAdapter = true)
    {
        Tensor hidden = Hidden(tape, batch, usesAdapter);
        int S = batch.Scored.Length, M = batch.Count;
        if (S == 0)
        {
            Tensor zeros = tape.Constant(tape.Arena.Zeros(new Shape(M, 1)));
            return new TokenScores(zeros, zeros, hidden);
        }
        // The row before a token predicts it.
        int[] before = new int[S], selected = new int[S];
        for (int i = 0; i < S; i++)
        {
            before[i] = batch.Scored[i] - 1;
            selected[i] = batch.Tokens[batch.Scored[i]];
        }
        Arena arena = tape.Arena;
        Tensor scores = hidden.GatherRows(arena.CopyIndices(before))
            .VocabularyLogProbability(HeadWeight(tape), arena.CopyIndices(selected), temperature)
            .SumIntoRows(arena.CopyIndices(batch.Scored), M);
        return new TokenScores(scores.SliceColumns(0, 1), scores.SliceColumns(1, 1), hidden);
    }

    /// <summary>Each token of a batch after the last norm, [M, D].</summary>
    /// <param name="tape">Of the model's device.</param>
    /// <param name="batch">The sequences; at least one.</param>
    /// <param name="usesAdapter">False leaves the adapter out.</param>
    /// <exception cref="ArgumentException">As <see cref="LogProbabilities"/>.</exception>
    public Tensor Hidden(Tape tape, PackedBatch batch, bool usesAdapter = true)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(batch);
        Require(batch);
        return Decode(new SequencePass(tape, this, batch, usesAdapter), tape.Arena.CopyIndices(batch.Tokens));
    }

    // ---- the decoder, from top to bottom --------------------------------------------------------------------------

    /// <summary>Tokens become rows [M, D]; each layer adds to them what it finds; a norm ends it.</summary>
    internal Tensor Decode(DecoderPass pass, Indices tokens)
    {
        Tensor x = pass.Tape.Watch(embedding).GatherRows(tokens);                       // [M, D]
        for (int layer = 0; layer < layers.Length; layer++)
            x = Recomputes && pass.Tape.Recording ? Recomputed(pass, layer, x) : Layer(pass, layer, x);
        return Normalise(pass, x, norm);
    }

    /// <summary>What a token gathers from those before it, then what it makes of that by itself.</summary>
    Tensor Layer(DecoderPass pass, int index, Tensor x)
    {
        DecoderLayer layer = layers[index];
        x += Attention(pass, index, layer, Normalise(pass, x, layer.InputNorm));
        return x + FeedForward(pass, layer, Normalise(pass, x, layer.FeedForwardNorm));
    }

    /// <summary>
    /// Queries look for keys, at angles that turn with the position, and take the values of those that fit.
    /// </summary>
    Tensor Attention(DecoderPass pass, int index, DecoderLayer layer, Tensor x)
    {
        ModelConfiguration c = Configuration;
        (Tensor cosines, Tensor sines) = pass.Angles;
        Tensor q = NormaliseHeads(pass, pass.Project(x, layer.Query), layer.QueryNorm); // [M, H·E]
        Tensor k = NormaliseHeads(pass, pass.Project(x, layer.Key), layer.KeyNorm);     // [M, G·E]
        Tensor v = pass.Project(x, layer.Value);                                        // [M, G·E]
        q = q.RotateHeads(cosines, sines, c.Heads);
        k = k.RotateHeads(cosines, sines, c.KeyValueHeads);
        return pass.Project(pass.Attend(index, layer.Window, q, k, v), layer.Output);   // [M, D]
    }

    /// <summary>down(gate σ(gate) · up): twice wider within than without.</summary>
    static Tensor FeedForward(DecoderPass pass, DecoderLayer layer, Tensor x) =>
        pass.Project(pass.Project(x, layer.Gate).Gated(pass.Project(x, layer.Up)), layer.Down);

    Tensor Normalise(DecoderPass pass, Tensor x, Parameter gain) =>
        x.RmsNormalise(pass.Tape.Watch(gain), (float)Configuration.NormEpsilon);

    // Each head by itself, where the family has that.
    Tensor NormaliseHeads(DecoderPass pass, Tensor x, Parameter? gain) => gain is null ? x
        : Normalise(pass, x.Reshape(new Shape(x.Shape.Rows * x.Shape.Columns / Configuration.HeadSize,
            Configuration.HeadSize)), gain).Reshape(x.Shape);

    // ---------------------------------------------------------------------------------------------------------------

    /// <summary>A layer of which the tape keeps the input and the output.</summary>
    Tensor Recomputed(DecoderPass pass, int index, Tensor x) =>
        x.Recompute((tape, input) => Layer(pass.On(tape), index, input), [.. layers[index].Parameters]);

    /// <summary>The embeddings of the ids that stand for something, [used vocabulary, D].</summary>
    Tensor HeadWeight(Tape tape)
    {
        Tensor weight = tape.Watch(head);
        return usedVocabulary == Configuration.Vocabulary ? weight : weight.SliceRows(0, usedVocabulary);
    }

    void Require(PackedBatch batch)
    {
        if (batch.Count == 0)
            throw new ArgumentException("the batch is empty; add a sequence first");
        for (int s = 0; s < batch.Sequences; s++)
        {
            int length = batch.Starts[s + 1] - batch.Starts[s];
            if (length > Configuration.MaximumPositions)
            {
                throw new ArgumentException($"sequence {s} has {length} tokens, and the context of the model is " +
                    $"{Configuration.MaximumPositions}");
            }
        }
        foreach (int id in batch.Tokens)
        {
            if ((uint)id >= (uint)Configuration.Vocabulary)
                throw new ArgumentException($"{id} is none of the {Configuration.Vocabulary} ids of the model");
        }
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => Parameters.Dispose();

    /// <summary>A model whose weights are all 0.</summary>
    internal static LanguageModel Empty(
        ModelConfiguration configuration, Device? device, Action<string, Shape>? admit = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var parameters = admit is null ? new ParameterSet(device) : new ParameterSet(admit, device);
        try
        {
            foreach ((string name, int[] shape) in configuration.Tensors())
                parameters.Add(name, Shape.Of(shape));
            return new LanguageModel(configuration, parameters);
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    static void Fill(Parameter parameter, RandomKey random, double deviation)
    {
        RandomSequence sequence = Initialisers.SequenceOf(parameter.Name, random);
        float[] numbers = new float[parameter.Value.Shape.Count];
        foreach (ref float number in numbers.AsSpan())
            number = (float)(sequence.NextNormal() * deviation);
        parameter.Value.CopyFrom(numbers);
    }
}
