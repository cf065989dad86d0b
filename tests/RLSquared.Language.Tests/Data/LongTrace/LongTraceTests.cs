using System.Text.Json;
using RLSquared.Language.Data;
using RLSquared.Language.Data.LongTrace;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Tests.Data.LongTrace;

/// <summary>From pages to questions over long contexts.</summary>
public sealed class LongTraceTests
{
    // A ring of towns; each also names one other.
    static PageGraph Towns(int count = 40) => new(Enumerable.Range(0, count).Select(i => new Page($"Town {i}",
        $"Town {i} lies on a river. The road from here leads to Town {(i + 1) % count}. " +
        $"Its people trade wool with Town {(i + 7) % count}.")));

    static RandomSequence Random(ulong seed) => new RandomKey(seed, RandomPurpose.Data, 0).Sequence(0);

    [Fact]
    public void An_edge_is_a_sentence_that_names_one_other_page_and_leads_to_one_place()
    {
        var graph = new PageGraph(
        [
            new Page("Ada",
                "Ada wrote to Charles Babbage. Ada knew Charles and Mary. She liked Mary! She liked Charles!"),
            new Page("Charles Babbage", "He met Ada."), new Page("Charles", ""), new Page("Mary", "Nobody."),
        ]);
        // The longest title counts; two names in one sentence do not, nor do sentences that are the same with a blank.
        Assert.Equal([new PageLink(0, 1, "Ada wrote to ___.")], graph.Links(0));
        Assert.Equal([new PageLink(1, 0, "He met ___.")], graph.Links(1));
        Assert.Empty(graph.Links(3));
        Assert.Contains("the title 'ADA' is empty or there twice", Assert.Throws<ArgumentException>(
            () => new PageGraph([new Page("Ada", ""), new Page("ADA", "")])).Message);
    }

    [Fact]
    public void A_walk_visits_no_page_twice_and_its_question_names_the_first_page_alone()
    {
        PageGraph graph = Towns();
        for (ulong seed = 0; seed < 30; seed++)
        {
            RandomSequence random = Random(seed);
            var walk = GraphWalk.Draw(graph, 8, ref random);
            Assert.Equal(9, walk.Pages.Count);
            Assert.Equal(10, walk.Pages.Append(walk.Last.To).Distinct().Count());
            for (int hop = 0; hop < 8; hop++)
                Assert.Contains(walk.Edges[hop], graph.Links(walk.Pages[hop]));
            string question = walk.Question(graph);
            Assert.Contains($"\"{graph.Pages[walk.Pages[0]].Title}\"", question);
            Assert.All(walk.Pages.Skip(1).Append(walk.Last.To),
                page => Assert.DoesNotContain($"to {graph.Pages[page].Title}.", question));
            Assert.Equal(graph.Pages[walk.Last.To].Title, walk.Answer(graph));
        }
    }

    [Fact]
    public void A_walk_that_cannot_be_so_long_is_refused_in_one_sentence()
    {
        var graph = new PageGraph([new Page("A1", "See B1."), new Page("B1", "See C1."), new Page("C1", "")]);
        RandomSequence random = Random(1);
        string message = Assert.Throws<InvalidDataException>(() => GraphWalk.Draw(graph, 8, ref random)).Message;
        Assert.StartsWith(
            "no walk of 8 hops was found from 500 beginnings; the longest had 1; ask for fewer hops", message);
        Assert.Single(GraphWalk.Draw(graph, 1, ref random).Edges);
    }

    [Fact]
    public void Search_prefers_rare_words_and_short_pages()
    {
        var search = new PageSearch(
        [
            new Page("one", "wool wool wool river"), new Page("two", "river river"), new Page("three", "river silver"),
            new Page("four", string.Join(' ', Enumerable.Repeat("river", 40)) + " silver"),
        ]);
        Assert.Equal(0, search.Find("wool river", 9)[0]);
        Assert.Equal([2, 3], search.Find("SILVER", 9));
        Assert.Single(search.Find("river", 1));
        Assert.Empty(search.Find("gold", 9));
    }

    [Fact]
    public void Tiers_are_what_was_opened_and_not_cited_and_what_was_never_opened()
    {
        SearchTrace trace = new([
            new(SearchStep.Search, "q", [1, 2, 3, 4]), new(SearchStep.Open, "", [2]), new(SearchStep.Open, "", [1]),
            new(SearchStep.Search, "r", [5, 3, 2]), new(SearchStep.Open, "", [9]), new(SearchStep.Cite, "", [1]),
        ]);
        Assert.Equal([2, 9], trace.Tier1);
        Assert.Equal([3, 4, 5], trace.Tier2);
        Assert.Equal([1], trace.Cited);
    }

    [Fact]
    public void The_agent_cites_the_walk_or_gives_up_after_its_attempts()
    {
        PageGraph graph = Towns();
        var search = new PageSearch(graph.Pages);
        RandomSequence random = Random(3);
        var walk = GraphWalk.Draw(graph, 4, ref random);
        SearchTrace? trace = SearchTrace.Play(graph, search, walk, new SearchAgentOptions { Misses = 0 }, ref random);
        Assert.Equal(walk.Pages, trace!.Cited);
        Assert.Equal(5, trace.Events.Count(one => one.Step == SearchStep.Search));
        Assert.All(walk.Pages, page => Assert.Contains(trace.Events, one =>
            one.Step == SearchStep.Open && one.Pages[0] == page));
        Assert.Null(SearchTrace.Play(graph, search, walk, new SearchAgentOptions { Misses = 1 }, ref random));
    }

    [Theory]
    [InlineData(DistractorKind.Tiered)]
    [InlineData(DistractorKind.Trace)]
    [InlineData(DistractorKind.Search)]
    [InlineData(DistractorKind.Random)]
    public void Gold_is_always_there_and_the_limit_is_never_passed(DistractorKind kind)
    {
        PageGraph graph = Towns();
        var dataset = new TraceDataset(graph, new TraceDatasetOptions { Hops = 3, Tokens = 600, Distractors = kind });
        int firsts = 0;
        foreach (TraceExample example in dataset.Make(20, seed: 5))
        {
            Assert.InRange(example.Tokens, 300, 600);
            Assert.Equal(4, example.Pages.Count(page => page.Tier == 0));
            Assert.Equal(example.Pages.Count, example.Pages.Select(page => page.Page).Distinct().Count());
            Assert.Equal(example.Rubrics.Order(),
                example.Pages.Where(page => page.Tier == 0).Select(page => graph.Pages[page.Page].Title).Order());
            Assert.EndsWith(example.Question, example.Context);
            Assert.All(example.Pages, page => Assert.Contains(graph.Pages[page.Page].Text, example.Context));
            // Tier 2 begins only where Tier 1 is used up: with no limit, there would be as many of Tier 1.
            firsts += example.Pages[0].Tier == 0 ? 1 : 0;
        }
        Assert.InRange(firsts, 1, 19);                                       // shuffled
        Assert.Equal(20, dataset.Counts.Examples);
    }

    [Fact]
    public void Tier_1_is_used_up_before_Tier_2_begins()
    {
        PageGraph graph = Towns();
        SearchTrace trace = new([
            new(SearchStep.Search, "q", [30, 31, 32, 33]), new(SearchStep.Open, "", [33]),
            new(SearchStep.Open, "", [31]),
        ]);
        RandomSequence random = Random(3);
        var walk = new GraphWalk([graph.Links(0)[0]], graph.Links(1)[0]);
        foreach ((int most, int[] wanted) in ((int, int[])[])[
            (20, []), (30, [33]), (40, [31, 33]), (50, [30, 31, 33]), (90, [30, 31, 32, 33])])
        {
            PlacedPage[] placed = TraceExample.Choose(
                graph, null, walk, trace, DistractorKind.Tiered, most, _ => 10, ref random)!;
            Assert.Equal(wanted, placed.Where(one => one.Tier > 0).Select(one => one.Page).Order());
            Assert.Equal([0, 1], placed.Where(one => one.Tier == 0).Select(one => one.Page).Order());
        }
        Assert.Null(TraceExample.Choose(graph, null, walk, trace, DistractorKind.Tiered, 19, _ => 10, ref random));
    }

    [Fact]
    public void Lines_have_the_published_form_and_are_read_back()
    {
        TraceExample example = new TraceDataset(Towns(), new TraceDatasetOptions { Hops = 2, Tokens = 400 })
            .Make(1, 1).Single();
        JsonElement line = JsonElement.Parse(example.ToJson("towns"));
        Assert.Equal(["source", "input_messages", "label", "metadata"], line.EnumerateObject().Select(one => one.Name));
        Assert.Equal(("towns", example.Label, example.Question), (line.GetProperty("source").GetString(),
            line.GetProperty("label").GetString(), line.GetProperty("metadata").GetProperty("question").GetString()));
        string path = TemporaryFolder.MakeFile();
        try
        {
            File.WriteAllText(path, example.ToJson("towns") + "\n");
            PromptExample prompt = TraceExample.Read(path).Single();
            Assert.Equal(example.Context, prompt.Messages.Single().Content);
            Assert.Equal(example.Rubrics, prompt.Columns["rubrics"].EnumerateArray().Select(one => one.GetString()!));
            Assert.Equal(example.Label, prompt.Columns["label"].GetString());
            File.WriteAllText(path, """
                {"input_messages":[{"role":"user","content":"a"}],"label":"b","metadata":{"question":"c","rubrics":[]}}
                """);
            Assert.Equal($"{path} line 1 cannot be read: 'metadata.rubrics' is empty, and a rubric names at least " +
                "one entity", Assert.Throws<InvalidDataException>(() => TraceExample.Read(path).Count()).Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_lines_and_another_one_others()
    {
        string[] Lines(ulong seed) => [.. new TraceDataset(Towns(), new TraceDatasetOptions { Hops = 2, Tokens = 400 })
            .Make(5, seed).Select(one => one.ToJson("towns"))];
        Assert.Equal(Lines(1), Lines(1));
        Assert.NotEqual(Lines(1), Lines(2));
        Assert.Equal(5, Lines(1).Distinct().Count());
    }

    [Fact]
    public void Folders_without_pages_and_limits_that_hold_no_question_are_refused_in_one_sentence()
    {
        string folder = TemporaryFolder.Make();
        try
        {
            Assert.EndsWith("holds 0 .md and .txt files, and a walk needs pages that name each other",
                Assert.Throws<InvalidDataException>(() => PageGraph.Read(folder)).Message);
            File.WriteAllText(Path.Combine(folder, "old-town.md"), "The old town is near the harbour.");
            File.WriteAllText(Path.Combine(folder, "harbour.txt"), "The Old Town has a harbour.");
            var graph = PageGraph.Read(folder);
            Assert.Equal([1, 0], [graph.Links(0).Single().To, graph.Links(1).Single().To]);
            string further = Directory.CreateDirectory(Path.Combine(folder, "north")).FullName;
            File.WriteAllText(Path.Combine(further, "harbour.md"), "");
            Assert.Equal(
                ["harbour", "north harbour", "old town"], PageGraph.Read(folder).Pages.Select(one => one.Title));
            File.WriteAllText(Path.Combine(folder, "Old_Town.txt"), "");
            Assert.Contains("the title 'old town' is empty or there twice",
                Assert.Throws<InvalidDataException>(() => PageGraph.Read(folder)).Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        var tight = new TraceDataset(Towns(), new TraceDatasetOptions { Hops = 8, Tokens = 50 });
        Assert.StartsWith("20 walks in a row gave no example: ",
            Assert.Throws<InvalidDataException>(() => tight.Make(1, 1).Count()).Message);
    }
}
