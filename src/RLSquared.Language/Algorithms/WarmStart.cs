using RLSquared.Algorithms;
using RLSquared.Language.Experience;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// The supervised beginning of a policy that would say nothing that rewards could tell apart. It ends as soon as what
/// the policy draws has the wanted reward, or when its updates are spent.
/// </summary>
sealed class WarmStart(PromptTask task, RlooOptions options, ulong seed)
{
    const int UpdatesAtOnce = 25;                           // of one iteration

    int updates;
    long examples;

    /// <summary>Whether it has ended, or there is none.</summary>
    public bool IsOver { get; set; } = options.WarmStart == 0;

    /// <summary>Updates so far.</summary>
    public int Updates => updates;

    /// <summary>Some updates, and whether they were enough.</summary>
    /// <param name="learn">Finds the gradient of a batch and gives its loss.</param>
    /// <param name="takeStep">A step of the optimiser, of a size.</param>
    /// <param name="draw">Draws completions with the weights of now.</param>
    /// <returns>The last loss, the tokens that were learnt from, and what was drawn.</returns>
    public (double Loss, long Tokens, IReadOnlyList<Completion> Drawn) Iterate(
        Func<TokenSequence[], double> learn, Action<float> takeStep, Func<IReadOnlyList<Completion>> draw)
    {
        (double loss, long tokens) = (0, 0);
        for (int i = 0; i < UpdatesAtOnce && updates < options.WarmStart; i++, updates++)
        {
            TokenSequence[] batch = Supervised.Draw(task, seed, ref examples, options.WarmStartBatch);
            loss = learn(batch);
            tokens += batch.Sum(one => one.Tokens.Length);
            takeStep(options.WarmStartRate);
        }
        IReadOnlyList<Completion> drawn = draw();
        IsOver = RlooFigures.MeanReward(drawn) >= options.WarmStartReward || updates >= options.WarmStart;
        return (loss, tokens, drawn);
    }

    /// <summary>Shows its state.</summary>
    public void VisitState(StateVisitor visitor)
    {
        visitor.Integer("warm_updates", ref updates);
        visitor.Integer("examples", ref examples);
        long over = IsOver ? 1 : 0;
        visitor.Integer("is_warm", ref over);
        IsOver = over == 1;
    }
}
