using RLSquared.Algorithms;
using RLSquared.Language.Models;
using RLSquared.Tensors;

namespace RLSquared.Language.Pipelines;

/// <summary>
/// The generator of another process: makes the groups whose numbers it is given, with the weights that it has, and
/// scores them. A judge or an environment that takes its time does so here.
/// </summary>
sealed class GroupMaker : IBlockMaker
{
    static readonly TimeSpan farewell = TimeSpan.FromSeconds(5);     // the longest wait for the thread's end

    readonly GenerationPlan plan;
    readonly LanguageModel model;
    readonly GroupGenerator generator;
    readonly GroupScorer scorer;
    readonly GeneratorThread thread;
    volatile int version = -1;

    /// <param name="model">Whose weights it takes; not owned.</param>
    /// <param name="plan">What all generators have in common.</param>
    /// <param name="judge">The longest that a reward may take for a completion.</param>
    /// <param name="workers">Whose threads compute.</param>
    /// <param name="calls">What it asks for and hands over.</param>
    public GroupMaker(
        LanguageModel model, GenerationPlan plan, TimeSpan judge, Workers workers, BlockCalls calls)
    {
        (this.model, this.plan) = (model, plan);
        generator = new GroupGenerator(
            model, plan, 0, workers, () => version < 0 ? null : calls.TryBegin());
        scorer = new GroupScorer(plan.Task.Rewards,
            (number, group, _) => calls.Made(number, GroupBlock.Write(group)), calls.Failed, judge);
        thread = new GeneratorThread(
            generator, () => long.MaxValue, scorer.Begin, calls.Failed, farewell, calls.Stepped);
    }

    public int Version => version;

    public int InFlight => generator.InFlight;

    public long Steps => generator.Drawn;

    public int Room => version < 0 ? 0
        : 1 + (Math.Max(0, plan.InFlight - generator.InFlight) + plan.GroupSize - 1) / plan.GroupSize;

    public void TakeWeights(int version)
    {
        using WeightSnapshot snapshot = model.Parameters.Snapshot();
        if (this.version < 0)
            generator.TakeWeights(snapshot, version);        // before anything begins
        else
            thread.Publish(snapshot, version);
        this.version = version;
    }

    public void Wake() => thread.Wake();

    public void Dispose()
    {
        thread.Dispose();
        scorer.Dispose();
        if (thread.HasEnded)
            generator.Dispose();                             // an environment that hangs keeps its memory
    }
}
