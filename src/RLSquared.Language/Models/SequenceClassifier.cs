using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Language.Models;

/// <summary>
/// A decoder with a few numbers for each token in place of scores of the vocabulary: y = x Wᵀ, [M, L], of the rows x
/// behind the last norm. With one number it is a reward model (the number of a text's last token,
/// <see cref="Verifiers.RewardModel"/>) or PPO's value network (that of each token). Its folder is that of Hugging
/// Face's <c>LlamaForSequenceClassification</c> and its like: <c>score.weight</c> stands for the output head.
/// </summary>
public sealed class SequenceClassifier : IDisposable
{
    readonly LanguageModel decoder;
    readonly Parameter score;

    SequenceClassifier(LanguageModel decoder)
    {
        this.decoder = decoder;
        score = decoder.Parameters.All.First(parameter => parameter.Name == "score.weight");
    }

    /// <summary>A classifier with the layers of a language model, and numbers that are all 0 at first.</summary>
    /// <param name="model">Whose layers; it stays as it is. Its adapter, if it has one, is left out.</param>
    /// <param name="labels">L, from 1.</param>
    public static SequenceClassifier From(LanguageModel model, int labels = 1)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(labels, 1);
        var made = new SequenceClassifier(LanguageModel.Empty(
            model.Configuration with { Labels = labels }, model.Parameters.Device));
        made.TakeLayers(model);
        return made;
    }

    /// <summary>Reads a Hugging Face folder of a classifier.</summary>
    /// <param name="folder">The folder, with <c>config.json</c> and the safetensors files.</param>
    /// <param name="device">Where it computes; null for the processor.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is not as its format wants it, or the model is no classifier; one sentence says what.
    /// </exception>
    public static SequenceClassifier Load(string folder, Device? device = null) =>
        new(ModelFolder.Load(folder, device, isClassifier: true));

    /// <summary>Writes <c>config.json</c> and the weights as other tools read them.</summary>
    /// <param name="folder">The folder; is made if it is not there.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Save(string folder) => decoder.Save(folder);

    /// <summary>What it is made of.</summary>
    public ModelConfiguration Configuration => decoder.Configuration;

    /// <summary>All that it learns, by the names of the folder.</summary>
    public ParameterSet Parameters => decoder.Parameters;

    /// <summary>The numbers of each token, [M, L], with gradients where the tape records.</summary>
    /// <param name="tape">Of its device.</param>
    /// <param name="batch">The sequences; at least one.</param>
    /// <exception cref="ArgumentException">
    /// The batch is empty, a sequence is longer than the context, or an id is beyond the vocabulary.
    /// </exception>
    public Tensor Scores(Tape tape, PackedBatch batch)
    {
        ArgumentNullException.ThrowIfNull(tape);
        return decoder.Hidden(tape, batch).MatMul(tape.Watch(score), transposeB: true);
    }

    /// <summary>
    /// For each scored token of a batch the first number of the token before it: what is expected when all but that
    /// token is there. 0, without a gradient, for the others; [M, 1].
    /// </summary>
    internal Tensor ScoresBefore(Tape tape, PackedBatch batch)
    {
        int[] before = new int[batch.Scored.Length];
        for (int i = 0; i < before.Length; i++)
            before[i] = batch.Scored[i] - 1;
        Arena arena = tape.Arena;
        return before.Length == 0 ? tape.Constant(arena.Zeros(new Shape(batch.Count, 1)))
            : Scores(tape, batch).SliceColumns(0, 1).GatherRows(arena.CopyIndices(before))
                .SumIntoRows(arena.CopyIndices(batch.Scored), batch.Count);
    }

    /// <summary>Takes the layers of a language model of the same shape; the numbers' own weights stay.</summary>
    internal void TakeLayers(LanguageModel model)
    {
        Dictionary<string, Parameter> theirs = model.Parameters.All.ToDictionary(parameter => parameter.Name);
        foreach (Parameter parameter in Parameters.All.Where(parameter => parameter != score))
            parameter.CopyFrom(theirs[parameter.Name].Value);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => decoder.Dispose();
}
