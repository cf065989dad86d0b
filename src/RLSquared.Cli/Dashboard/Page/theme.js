// Light or dark, before anything is drawn: as the system says, or as was chosen here.
document.documentElement.dataset.theme = localStorage.getItem('theme') ?? '';
