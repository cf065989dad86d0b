using RLSquared.Language.Models;
using RLSquared.Language.Prompts;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;

namespace RLSquared.Language.Algorithms;

/// <summary>The model that a run begins with.</summary>
static class StartingModel
{
    /// <summary>A new model of the options' shape, or the one of their folder.</summary>
    /// <param name="task">Whose tokens it knows.</param>
    /// <param name="options">Folder or shape, and the rank of an adapter.</param>
    /// <param name="longest">The most tokens of a completion.</param>
    /// <param name="seed">Of new weights.</param>
    /// <exception cref="OptionException">The model knows too few tokens, or sees too few.</exception>
    /// <exception cref="InvalidDataException">The folder holds no model.</exception>
    public static LanguageModel For(PromptTask task, RlooOptions options, int longest, ulong seed)
    {
        int positions = task.LongestPrompt + longest;
        LanguageModel made = options.Model.Length > 0 ? LanguageModel.Load(options.Model)
            : LanguageModel.Create(ModelConfiguration.Small(
                task.Tokenizer.Count, options.Hidden, options.Layers, options.Heads, positions) with
            {
                EndTokens = task.EndTokens,
                InitialDeviation = Deviation(options.InitialDeviation, options.Hidden),
            }, seed);
        ModelConfiguration shape = made.Configuration;
        string? wrong = shape.Vocabulary < task.Tokenizer.Count
            ? $"the model knows {shape.Vocabulary} tokens, and the tokenizer of the task has {task.Tokenizer.Count}"
            : shape.MaximumPositions < positions
            ? $"the model sees {shape.MaximumPositions} tokens, and a prompt of {task.LongestPrompt} with a " +
              $"completion of {longest} has {positions}; lower longest-completion"
            : null;
        if (wrong is null)
            return made;
        made.Dispose();
        throw new OptionException("model", wrong);
    }

    /// <summary>The deviation of first weights: what was asked for, or 1/√D for 0.</summary>
    public static double Deviation(double asked, int hidden) => asked > 0 ? asked : 1 / Math.Sqrt(hidden);

    /// <summary>
    /// Adds the adapter that the options ask for, on every projection, and gives the optimisers: of what learns from
    /// rewards, and of what the warm start moves, where that is something else.
    /// </summary>
    public static (Adam Learning, Adam? Warming) Optimisers(
        LanguageModel model, RlooOptions options, WarmStart warmStart, ulong seed)
    {
        var decay = new AdamOptions { WeightDecay = options.WeightDecay };
        if (options.AdapterRank == 0)
            return (new Adam(model.Parameters, decay), null);
        // Made before the adapter is there: of all else.
        Adam? warming = warmStart.IsOver ? null : new Adam(model.Parameters, decay);
        model.AddAdapter(new AdapterConfiguration
        {
            Rank = options.AdapterRank,
            Alpha = options.AdapterAlpha,
            BaseModel = options.Model.Length > 0 ? options.Model : null,
        }, seed);
        return (new Adam(model.Parameters.Group(LowRankAdapter.Group), decay), warming);
    }

    /// <summary>With an adapter, it alone learns; in the warm start all else does.</summary>
    public static void Freeze(LanguageModel model, WarmStart warmStart)
    {
        foreach (ParameterGroup group in model.Parameters.Groups)
            group.Frozen = model.HasAdapter && warmStart.IsOver == (group.Name != LowRankAdapter.Group);
    }
}
